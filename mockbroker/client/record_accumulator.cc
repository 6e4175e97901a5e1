// record_accumulator.cc
//
// The way of a record from send() into a batch of its partition.
#include "mockbroker/client/record_accumulator.h"

#include <rookery/base/murmur2.h>
#include <rookery/runtime/random.h>

#include <algorithm>
#include <utility>

namespace rookery::mock {

RecordAccumulator::RecordAccumulator(AccumulatorSettings settings, CountPartitions count_partitions)
    : settings_(settings), count_partitions_(std::move(count_partitions)) {}

RecordAccumulator::Topic& RecordAccumulator::topic(std::string_view name) {
  if (last_topic_ && last_topic_->name == name) [[likely]]
    return *last_topic_;
  auto found = topics_.find(name);
  if (found == topics_.end()) {
    found = topics_.emplace(std::string(name), Topic{}).first;
    found->second.name = found->first;
  }
  last_topic_ = &found->second;
  return *last_topic_;
}

void RecordAccumulator::grow(Topic& topic, std::int32_t count) {
  for (auto id = static_cast<std::int32_t>(topic.partitions.size()); id < count; ++id) {
    auto& partition = partitions_.emplace_back(std::make_unique<Partition>());
    partition->id = {topic.name, id};
    partition->index = partitions_.size() - 1;
    topic.partitions.push_back(partition.get());
  }
}

std::int32_t RecordAccumulator::choose(Topic& topic, const OutgoingRecord& record) {
  const auto count = static_cast<std::int32_t>(topic.partitions.size());
  if (record.partition >= 0) return record.partition;
  if (!record.key.is_null() || settings_.is_null_key_hashed) {
    return partition_of_key(record.key.view(), count);
  }
  // KIP-480: records without a key stay together until their batch goes.
  if (topic.sticky < 0 || topic.sticky >= count) {
    topic.sticky = static_cast<std::int32_t>(random_below(static_cast<std::uint64_t>(count)));
  }
  return topic.sticky;
}

bool RecordAccumulator::is_full(const ProduceBatch& batch) const {
  return batch.block || batch.builder.size_bytes() >= settings_.batch_bytes ||
         batch.tokens.size() >= settings_.batch_records;
}

// A batch passes its limit only by a record that alone is larger: brokers refuse what is.
bool RecordAccumulator::has_room(const ProduceBatch& batch, const OutgoingRecord& record) const {
  if (is_full(batch)) return false;
  const std::size_t size = encoded_size(record.key, record.value, record.headers);
  return batch.tokens.empty() || batch.builder.size_bytes() + size <= settings_.batch_bytes;
}

Result<RecordAccumulator::Appended> RecordAccumulator::append(const OutgoingRecord& record,
                                                              DeliveryToken token,
                                                              std::int64_t timestamp_ms) {
  if (records_ >= settings_.buffer_records || bytes_ >= settings_.buffer_bytes) [[unlikely]] {
    return fail(ErrorCode::kQueueFull, "the send buffer is full: " + std::to_string(records_) +
                                           " records, " + std::to_string(bytes_) + " bytes");
  }
  Topic& to = topic(record.topic);
  if (to.partitions.empty() || !to.unknown.empty()) [[unlikely]] {
    const std::optional<std::int32_t> count = count_partitions_(to.name);
    if (!count || *count <= 0 || !to.unknown.empty()) {
      keep_unknown(to, record, token, timestamp_ms,
                   encoded_size(record.key, record.value, record.headers));
      return Appended{};
    }
    grow(to, *count);
  }
  const std::int32_t chosen = choose(to, record);
  if (chosen >= static_cast<std::int32_t>(to.partitions.size())) [[unlikely]] {
    const std::optional<std::int32_t> count = count_partitions_(to.name);
    if (count) grow(to, *count);  // it may have grown
    if (chosen >= static_cast<std::int32_t>(to.partitions.size())) {
      return fail(ErrorCode::kUnknownTopicOrPartition,
                  to.name + "-" + std::to_string(chosen) + ": the topic has " +
                      std::to_string(to.partitions.size()) + " partitions");
    }
  }
  return append_to(to, *to.partitions[static_cast<std::size_t>(chosen)], record, token,
                   timestamp_ms);
}

RecordAccumulator::Appended RecordAccumulator::append_to(Topic& topic, Partition& partition,
                                                         const OutgoingRecord& record,
                                                         DeliveryToken token,
                                                         std::int64_t timestamp_ms) {
  Appended appended{.partition = &partition};
  if (partition.waiting.empty() || !has_room(*partition.waiting.back(), record)) {
    const TimePoint at = now();
    auto batch = std::make_unique<ProduceBatch>();
    batch->number = ++last_number_;
    batch->builder = BlockBuilder(std::min(partition.last_batch_bytes, settings_.batch_bytes));
    batch->linger_until = saturating_add(at, settings_.linger);
    batch->deadline = saturating_add(at, settings_.delivery_timeout);
    unreported_.insert(batch->number);
    partition.waiting.push_back(std::move(batch));
    waiting_.insert(partition.index);
    appended.is_first = true;
  }
  ProduceBatch& batch = *partition.waiting.back();
  const std::size_t before = batch.builder.size_bytes();
  batch.builder.append(timestamp_ms, record.key, record.value, record.headers);
  batch.tokens.push_back(token);
  bytes_ += batch.builder.size_bytes() - before;
  ++records_;
  appended.is_last = is_full(batch);
  if (appended.is_last && topic.sticky == partition.id.partition) topic.sticky = -1;
  return appended;
}

void RecordAccumulator::keep_unknown(Topic& topic, const OutgoingRecord& record,
                                     DeliveryToken token, std::int64_t timestamp_ms,
                                     std::size_t bytes) {
  topic.unknown.push_back({.number = ++last_number_,
                           .key = record.key,
                           .value = record.value,
                           .headers = record.headers,
                           .partition = record.partition,
                           .timestamp_ms = timestamp_ms,
                           .token = token,
                           .sent_at = now(),
                           .bytes = bytes});
  unreported_.insert(last_number_);
  bytes_ += bytes;
  ++records_;
}

std::map<std::string, TimePoint> RecordAccumulator::unknown_topics() const {
  std::map<std::string, TimePoint> unknown;
  for (const auto& [name, topic] : topics_) {
    if (!topic.unknown.empty()) unknown[name] = topic.unknown.front().sent_at;
  }
  return unknown;
}

std::vector<DeliveryToken> RecordAccumulator::distribute(const std::string& name) {
  std::vector<DeliveryToken> misdirected;
  Topic& to = topic(name);
  const std::optional<std::int32_t> count = count_partitions_(name);
  if (!count || *count <= 0) return misdirected;
  grow(to, *count);
  for (Unknown& one : to.unknown) {
    const OutgoingRecord record{.topic = to.name,
                                .key = one.key,
                                .value = one.value,
                                .headers = std::move(one.headers),
                                .partition = one.partition,
                                .timestamp_ms = one.timestamp_ms};
    bytes_ -= one.bytes;
    --records_;
    const std::int32_t chosen = choose(to, record);
    if (chosen >= static_cast<std::int32_t>(to.partitions.size())) {
      misdirected.push_back(one.token);
      forget_number(one.number);
      continue;
    }
    Partition& partition = *to.partitions[static_cast<std::size_t>(chosen)];
    append_to(to, partition, record, one.token, one.timestamp_ms);
    // The batch is as old as its oldest record: a flush waits for it.
    ProduceBatch& batch = *partition.waiting.back();
    forget_number(one.number);
    forget_number(batch.number);
    batch.number = std::min(batch.number, one.number);
    unreported_.insert(batch.number);
  }
  to.unknown.clear();
  return misdirected;
}

std::vector<DeliveryToken> RecordAccumulator::drop_unknown(const std::string& name,
                                                           TimePoint until) {
  std::vector<DeliveryToken> dropped;
  Topic& from = topic(name);
  while (!from.unknown.empty() && from.unknown.front().sent_at <= until) {
    const Unknown& one = from.unknown.front();
    dropped.push_back(one.token);
    bytes_ -= one.bytes;
    --records_;
    forget_number(one.number);
    from.unknown.pop_front();
  }
  return dropped;
}

std::unique_ptr<ProduceBatch> RecordAccumulator::take(Partition& partition) {
  std::unique_ptr<ProduceBatch> batch = std::move(partition.waiting.front());
  partition.waiting.pop_front();
  if (partition.waiting.empty()) waiting_.erase(partition.index);
  if (!batch->block) {
    partition.last_batch_bytes = batch->builder.size_bytes() + batch->builder.size_bytes() / 16;
    Topic& from = topic(partition.id.topic);
    if (from.sticky == partition.id.partition) from.sticky = -1;
  }
  return batch;
}

void RecordAccumulator::put_back(Partition& partition, std::unique_ptr<ProduceBatch> batch) {
  partition.waiting.push_front(std::move(batch));
  waiting_.insert(partition.index);
}

void RecordAccumulator::free_room(const ProduceBatch& batch) {
  bytes_ -= batch.block ? batch.block->size_bytes() : batch.builder.size_bytes();
  records_ -= batch.tokens.size();
}

void RecordAccumulator::forget(const ProduceBatch& batch) { forget_number(batch.number); }

}  // namespace rookery::mock
