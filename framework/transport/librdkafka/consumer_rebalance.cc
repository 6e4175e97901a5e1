// consumer_rebalance.cc
//
// Partitions come and go. librdkafka goes on polling and beating while it waits for our answers.
#include <rookery/transport/librdkafka/consumer.h>

#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/errors.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rookery::librdkafka {

using std::chrono::milliseconds;

namespace {
constexpr int kOffsetsTimeoutMs = 10'000;
constexpr milliseconds kOffsetsBackoff{100};
constexpr milliseconds kReportEvery{5'000};
}  // namespace

void Consumer::on_rebalance(rd_kafka_event_t* event) {
  for (const auto& [partition, stream] : streams_) stream->may_repeat();
  const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  switch (rd_kafka_event_error(event)) {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
      return on_assign(list);
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
      return on_revoke(list);
    default:
      tell(
          make_error(rd_kafka_event_error(event), "rebalance", rd_kafka_event_error_string(event)));
      answer_revoke(nullptr);
  }
}

void Consumer::on_assign(const rd_kafka_topic_partition_list_t* list) {
  if (list == nullptr || list->cnt == 0) {
    const PartitionListHandle nothing = new_list();
    return answer_assign(nothing.get());
  }
  Starting starting;
  starting.partitions = partitions_of(list);
  starting.next_report = deadline_in(kReportEvery);
  starting_.push_back(std::move(starting));
  ask_for_offsets(starting_.back(), now());
}

void Consumer::ask_for_offsets(Starting& starting, TimePoint present) {
  std::vector<TopicPartition> missing;
  for (const TopicPartition& partition : starting.partitions) {
    if (!starting.found.contains(partition)) missing.push_back(partition);
  }
  starting.request = ++last_request_;
  starting.next_try = present + kOffsetsBackoff;
  request_offsets(client(), settings_.group_id, missing, core_->events.get(), starting.request,
                  kOffsetsTimeoutMs);
}

void Consumer::on_offsets(rd_kafka_event_t* event) {
  const auto request = reinterpret_cast<std::uint64_t>(rd_kafka_event_opaque(event));
  const auto found =
      std::find_if(starting_.begin(), starting_.end(),
                   [&](const Starting& starting) { return starting.request == request; });
  if (found == starting_.end()) return;  // revoked meanwhile
  Starting& starting = *found;
  starting.request = 0;
  std::optional<Error> trouble;
  if (Result<FoundOffsets> offsets = offsets_in(event); !offsets) {
    trouble = offsets.error();
  } else {
    starting.found.merge(offsets->found);
    if (!offsets->failed.empty()) trouble = offsets->failed.begin()->second;
  }
  const bool is_complete = std::all_of(
      starting.partitions.begin(), starting.partitions.end(),
      [&](const TopicPartition& partition) { return starting.found.contains(partition); });
  if (is_complete) {
    Starting complete = std::move(starting);
    starting_.erase(found);
    return start(complete);
  }
  // Asked again until it is known or revoked: without it the partition would start at a wrong
  // place.
  const TimePoint present = now();
  starting.next_try = present + kOffsetsBackoff;
  const bool is_lasting = trouble && !trouble->retriable && !is_worth_retrying(*trouble);
  if (trouble && (present >= starting.next_report || is_lasting)) {
    starting.next_report = present + kReportEvery;
    if (is_lasting) starting.next_try = starting.next_report;
    tell(*std::move(trouble));
  }
}

Offset Consumer::start_offset(const CommittedOffset& committed) const {
  if (committed.offset) return *committed.offset;
  const std::string& reset = settings_.auto_offset_reset;
  if (reset == "earliest" || reset == "smallest" || reset == "beginning")
    return RD_KAFKA_OFFSET_BEGINNING;
  if (reset == "error") return RD_KAFKA_OFFSET_INVALID;
  return RD_KAFKA_OFFSET_END;
}

AssignedPartition Consumer::open_stream(const TopicPartition& partition, Offset start) {
  const AssignmentId assignment{++last_assignment_};
  // First: its end gives the partition's queue away, which the new one takes.
  if (const auto before = streams_.find(partition); before != streams_.end()) {
    before->second->end(Error{ErrorCode::kRevoked, partition.text() + ": assigned anew"});
  }
  auto stream = std::make_shared<Stream>(core_, partition, assignment, start);
  streams_[partition] = stream;
  return AssignedPartition{
      .partition = partition, .assignment = assignment, .stream = std::move(stream)};
}

void Consumer::start(Starting& starting) {
  Assigned assigned;
  const PartitionListHandle list = new_list(starting.partitions.size());
  for (const TopicPartition& partition : starting.partitions) {
    CommittedOffset& committed = starting.found.at(partition);
    add_to(list.get(), partition)->offset = start_offset(committed);
    AssignedPartition opened = open_stream(partition, committed.offset.value_or(-1));
    opened.committed = committed.offset;
    opened.metadata = std::move(committed.metadata);
    assigned.partitions.push_back(std::move(opened));
  }
  answer_assign(list.get());
  events_.emplace_back(std::move(assigned));
}

void Consumer::on_revoke(const rd_kafka_topic_partition_list_t* list) {
  Revocation revocation;
  revocation.list = list != nullptr ? copy_of(list) : new_list();
  revocation.lost = rd_kafka_assignment_lost(client()) != 0;
  for (TopicPartition& partition : partitions_of(list)) {
    for (Starting& starting : starting_) std::erase(starting.partitions, partition);
    const auto stream = streams_.find(partition);
    if (stream == streams_.end() || is_being_revoked(partition)) continue;
    revocation.owned.push_back({std::move(partition), stream->second->assignment()});
  }
  if (!settings_.is_cooperative) starting_.clear();
  std::erase_if(starting_, [](const Starting& starting) { return starting.partitions.empty(); });
  if (revocation.owned.empty()) return answer_revoke(revocation.list.get());
  ask_back(std::move(revocation));
}

// A member that was fenced is told so, and never again anything: librdkafka leaves it what another
// one owns by now.
void Consumer::lose_everything() {
  Revocation revocation;
  revocation.list = new_list();
  revocation.lost = true;
  starting_.clear();
  for (const auto& [partition, stream] : streams_) {
    if (is_being_revoked(partition)) continue;
    add_to(revocation.list.get(), partition);
    revocation.owned.push_back({partition, stream->assignment()});
  }
  if (!revocation.owned.empty()) ask_back(std::move(revocation));
}

bool Consumer::is_being_revoked(const TopicPartition& partition) const {
  return std::any_of(revocations_.begin(), revocations_.end(), [&](const auto& entry) {
    return std::any_of(entry.second.owned.begin(), entry.second.owned.end(),
                       [&](const OwnedPartition& owned) { return owned.partition == partition; });
  });
}

void Consumer::ask_back(Revocation revocation) {
  const RevocationId id{++last_revocation_};
  events_.emplace_back(
      Revoking{.revocation = id, .partitions = revocation.owned, .lost = revocation.lost});
  revocations_.emplace(id.value, std::move(revocation));
}

void Consumer::hand_back(RevocationId id) {
  const auto found = revocations_.find(id.value);
  if (found == revocations_.end() || !core_) return;
  const Revocation revocation = std::move(found->second);
  revocations_.erase(found);
  commits_.revoke(revocation.owned);
  for (const OwnedPartition& owned : revocation.owned) end_stream(owned);
  answer_revoke(revocation.list.get());
}

void Consumer::end_stream(const OwnedPartition& owned) {
  const auto stream = streams_.find(owned.partition);
  if (stream == streams_.end() || stream->second->assignment() != owned.assignment) return;
  stream->second->end(Error{ErrorCode::kRevoked, owned.partition.text() + ": no longer ours"});
  streams_.erase(stream);
}

void Consumer::answer_assign(const rd_kafka_topic_partition_list_t* list) {
  if (settings_.is_cooperative && mode_ == Mode::kSubscribed) {
    const ErrorHandle error(rd_kafka_incremental_assign(client(), list));
    if (error) tell(make_error(error.get(), "assignment"));
    return;
  }
  if (const auto error = rd_kafka_assign(client(), list); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    tell(make_error(error, "assignment"));
  }
}

void Consumer::answer_revoke(const rd_kafka_topic_partition_list_t* list) {
  if (settings_.is_cooperative && mode_ == Mode::kSubscribed && list != nullptr) {
    const ErrorHandle error(rd_kafka_incremental_unassign(client(), list));
    if (error) tell(make_error(error.get(), "revocation"));
    return;
  }
  if (const auto error = rd_kafka_assign(client(), nullptr); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    tell(make_error(error, "revocation"));
  }
}

Status Consumer::assign(std::vector<TopicPartitionOffset> partitions) {
  if (mode_ == Mode::kClosed) return closed_error();
  if (mode_ == Mode::kSubscribed)
    return fail(ErrorCode::kState, "assign: the consumer has subscribed");
  for (const auto& [partition, offset] : partitions) {
    if (offset < 0 && offset != kLatestOffset && offset != kEarliestOffset) {
      return fail(ErrorCode::kInvalidArgument,
                  partition.text() + ": not an offset: " + std::to_string(offset));
    }
  }
  mode_ = Mode::kAssigned;
  for (const auto& [partition, stream] : streams_) {
    stream->end(Error{ErrorCode::kRevoked, partition.text() + ": no longer assigned"});
  }
  streams_.clear();
  if (partitions.empty()) {
    answer_revoke(nullptr);
    return {};
  }
  Assigned assigned;
  const PartitionListHandle list = new_list(partitions.size());
  for (const auto& [partition, offset] : partitions) {
    add_to(list.get(), partition)->offset = offset;
    assigned.partitions.push_back(open_stream(partition, offset >= 0 ? offset : -1));
  }
  if (const auto error = rd_kafka_assign(client(), list.get());
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    streams_.clear();
    return fail(make_error(error, "assign"));
  }
  events_.emplace_back(std::move(assigned));
  return {};
}

}  // namespace rookery::librdkafka
