// producing.cc
//
// The common case touches no record: the block is checked as a whole, given its base offset and
// shared.
#include "mockbroker/cluster/producing.h"

#include "mockbroker/cluster/fetches.h"
#include "mockbroker/protocol/error_response.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {
namespace {

std::int64_t millis(WallTime wall) { return wall.time_since_epoch().count(); }

bool has_null_key(const RecordBlock& block) {
  BlockRecord record;
  for (const char* at = block.begin(); at < block.end();) {
    at = RecordBlock::read(at, record);
    if (record.key.is_null()) return true;
  }
  return false;
}

std::int64_t min_timestamp(const RecordBlock& block) {
  std::int64_t least = block.max_timestamp_ms();
  BlockRecord record;
  for (const char* at = block.begin(); at < block.end();) {
    at = RecordBlock::read(at, record);
    least = std::min(least, record.timestamp_ms);
  }
  return least;
}

bool is_too_large(const RecordBlock& block, std::size_t limit) {
  // A record's overhead is 24 bytes here and less on the wire, the batch's 61: mostly no record is
  // looked at.
  return block.size_bytes() + 64 > limit && wire_size(block) > limit;
}

std::size_t size_of(const ProduceRequest& request) {
  std::size_t bytes = 0;
  for (const auto& wanted : request.partitions) {
    if (wanted.block) bytes += LogEntry::fetch_bytes(*wanted.block);
  }
  return bytes;
}

}  // namespace

void Producing::handle(Requester requester, std::string_view client_id, ProduceRequest request) {
  if (request.acks < -1 || request.acks > 1) {
    core_.reply(requester, error_response(request, ErrorCode::kInvalidRequiredAcks));
    return;
  }
  Produces::Charge charge;
  if (!quotas_.is_empty()) charge = {std::string(client_id), size_of(request)};
  ProduceResponse response;
  std::vector<Produces::Need> needs;
  bool has_error = false;
  response.partitions.reserve(request.partitions.size());
  for (auto& wanted : request.partitions) {
    Offset needed_end = -1;
    response.partitions.push_back(
        append(requester.node, client_id, request.acks, wanted, needed_end));
    const ProduceResponse::Partition& answer = response.partitions.back();
    has_error |= answer.error.has_value();
    if (request.acks != -1 || answer.error) continue;
    Partition* partition = topics_.find(answer.partition);
    const NodeId node = requester.node;
    if (partition->served_by(node).high_watermark >= needed_end) continue;  // as mostly
    needs.push_back(
        {response.partitions.size() - 1, partition, needed_end, partition->epoch_at(node)});
  }
  if (!needs.empty()) {
    produces_.park(requester, std::move(response), std::move(needs), request.timeout,
                   std::move(charge));
  } else if (request.acks != 0) {
    produces_.reply(requester, std::move(response), charge);
  } else {
    // Counted, but there is no answer that could tell a time.
    if (charge.bytes > 0) quotas_.produced(core_.now, requester.node, client_id, charge.bytes);
    if (!has_error) return;
    core_.close_connection(requester, "closed by the broker: a produce with acks=0 failed");
  }
}

ProduceResponse::Partition Producing::append(NodeId node, std::string_view client_id,
                                             std::int16_t acks, ProduceRequest::Partition& wanted,
                                             Offset& needed_end) {
  ProduceResponse::Partition answer{.partition = std::move(wanted.partition)};
  Partition* partition = topics_.find(answer.partition);
  answer.error = serving_error(core_, partition, node, -1);
  if (!answer.error) answer.error = refusal(node, *partition, wanted, acks);
  if (answer.error) return answer;

  Replica& replica = partition->served_by(node);
  ProducerStates& producers = partition->producers_at(node);
  const ProducerStates::Batch batch{wanted.producer_id, wanted.producer_epoch, wanted.base_sequence,
                                    wanted.block->count()};
  if (batch.producer_id >= 0) {
    const auto verdict = producers.check(batch);
    answer.error = verdict.error;
    if (verdict.duplicate_of) {
      answer.base_offset = *verdict.duplicate_of;
      needed_end = *verdict.duplicate_of + batch.count;
    }
    answer.log_start_offset = replica.log.start_offset();
    if (verdict.error || verdict.duplicate_of) return answer;
  }

  std::shared_ptr<const RecordBlock> block = std::move(wanted.block);
  if (partition->topic->config.has_log_append_time) {
    block = BlockBuilder::with_timestamp(*block, millis(core_.wall));
  }
  const std::size_t bytes = LogEntry::fetch_bytes(*block);
  const std::int32_t epoch = partition->epoch_at(node);
  answer.base_offset =
      replica.log.append({.leader_epoch = epoch,
                          .written_at = core_.now,
                          .producer = {batch.producer_id, batch.base_sequence, batch.epoch},
                          .block = block});
  answer.log_start_offset = replica.log.start_offset();
  needed_end = answer.base_offset + batch.count;
  if (batch.producer_id >= 0) {
    if (!producers.knows(batch.producer_id)) {  // so their number is bounded without a timer
      producers.expire(millis(core_.wall) - core_.options.producer_id_expiration.count());
    }
    producers.appended(batch, answer.base_offset, millis(core_.wall));
  }
  const bool is_apart = !partition->is_holder(replica);
  core_.tell(is_apart ? &Observer::appended_apart : &Observer::appended,
             AppendEvent{core_.now, partition->id, answer.base_offset, block, epoch, node,
                         client_id, acks, batch.producer_id, batch.epoch, batch.base_sequence});
  if (is_apart) {
    replication_.appended_apart(*partition, replica, bytes);
  } else {
    replication_.appended(*partition, bytes);
  }
  return answer;
}

MaybeError Producing::refusal(NodeId node, const Partition& partition,
                              const ProduceRequest::Partition& wanted, std::int16_t acks) const {
  const TopicConfig& config = partition.topic->config;
  if (!wanted.block || wanted.block->count() == 0 || wanted.block->is_control()) {
    return ErrorCode::kInvalidRecord;
  }
  const RecordBlock& block = *wanted.block;
  if (block.last_offset_delta() + 1 != block.count()) return ErrorCode::kInvalidRecord;
  if (wanted.producer_id >= 0 && (wanted.base_sequence < 0 || wanted.producer_epoch < 0)) {
    return ErrorCode::kInvalidRecord;
  }
  if (acks == -1 && config.min_insync_replicas > 1 &&
      partition.in_sync_count_at(node) < config.min_insync_replicas) {
    return ErrorCode::kNotEnoughReplicas;
  }
  const std::size_t limit = config.max_message_bytes < 0
                                ? core_.options.message_max_bytes
                                : static_cast<std::size_t>(config.max_message_bytes);
  if (is_too_large(block, limit)) return ErrorCode::kMessageTooLarge;
  if (config.is_compacting && has_null_key(block)) return ErrorCode::kInvalidRecord;
  if (!config.has_log_append_time) {
    const std::int64_t wall_ms = millis(core_.wall);
    if (block.max_timestamp_ms() > wall_ms &&
        block.max_timestamp_ms() - wall_ms > config.timestamp_after_max_ms) {
      return ErrorCode::kInvalidTimestamp;
    }
    if (config.timestamp_before_max_ms != INT64_MAX &&
        min_timestamp(block) < wall_ms - config.timestamp_before_max_ms) {
      return ErrorCode::kInvalidTimestamp;
    }
  }
  return std::nullopt;
}

InitProducerIdResponse Producing::init_producer_id() {
  return {.producer_id = next_producer_id_++, .producer_epoch = 0};
}

Offset Producing::append_marker(Partition& partition) {
  const std::shared_ptr<const RecordBlock> block = BlockBuilder::control_marker(millis(core_.wall));
  const Offset offset = partition.log().append(
      {.leader_epoch = partition.placement.epoch, .written_at = core_.now, .block = block});
  core_.tell(&Observer::appended, AppendEvent{core_.now,
                                              partition.id,
                                              offset,
                                              block,
                                              partition.placement.epoch,
                                              partition.placement.leader,
                                              {},
                                              -1,
                                              -1,
                                              -1,
                                              -1});
  // A marker has no bytes here; on Kafka's wire it has 78, and a fetch that waits is answered.
  replication_.appended(partition, 78);
  return offset;
}

}  // namespace rookery::mock
