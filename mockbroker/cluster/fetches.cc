// fetches.cc
//
// A first attempt at once; what cannot be answered is parked and listed with each of its
// partitions.
#include "mockbroker/cluster/fetches.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {

MaybeError serving_error(const Core& core, const Partition* partition, NodeId node,
                         std::int32_t epoch) {
  if (!partition) return ErrorCode::kUnknownTopicOrPartition;
  if (!partition->placement.has_replica(node)) return ErrorCode::kNotLeaderOrFollower;
  const OldBelief* belief = partition->belief_of(node);
  const std::int32_t current = belief ? belief->epoch : partition->placement.epoch;
  if (epoch >= 0 && epoch < current) return ErrorCode::kFencedLeaderEpoch;
  if (epoch > current) return ErrorCode::kUnknownLeaderEpoch;
  const bool leads = belief ? belief->leads : partition->is_led_by(core, node);
  if (!leads) return ErrorCode::kNotLeaderOrFollower;
  return std::nullopt;
}

void Fetches::handle(Requester requester, std::string_view client_id, FetchRequest request) {
  if (!quotas_.is_empty()) {
    request.max_bytes = std::min(request.max_bytes, quotas_.fetch_bytes_most(client_id));
    request.min_bytes = std::min(request.min_bytes, request.max_bytes);
  }
  Read first = read(requester.node, request, false);
  const bool is_enough =
      first.has_error || first.bytes >= request.min_bytes || request.partitions.empty();
  if (is_enough) {
    reply(requester, client_id, std::move(first));
  } else if (request.max_wait <= Milliseconds::zero()) {
    reply(requester, client_id, read(requester.node, request, true));
  } else {
    park(requester, client_id, std::move(request), first.bytes);
  }
}

void Fetches::reply(Requester requester, std::string_view client_id, Read read) {
  Milliseconds throttle_time{0};
  if (!quotas_.is_empty()) {
    throttle_time = quotas_.fetched(core_.now, requester.node, client_id, read.bytes);
    if (throttle_time > Milliseconds::zero()) read.response.partitions.clear();
  }
  core_.reply(requester, std::move(read.response), throttle_time);
}

Fetches::Read Fetches::read(NodeId node, const FetchRequest& request, bool says_all) const {
  Read result;
  std::size_t room = request.max_bytes;
  for (const auto& asked : request.partitions) {
    const Partition* partition = topics_.find(asked.partition);
    FetchResponse::Partition answer;
    answer.error = serving_error(core_, partition, node, asked.current_leader_epoch);
    if (partition && !answer.error) {
      const Replica& served = partition->served_by(node);
      const PartitionLog& log = served.log;
      const Offset end = served.high_watermark;
      answer.high_watermark = end;
      answer.log_start_offset = log.start_offset();
      if (asked.fetch_offset < answer.log_start_offset || asked.fetch_offset > log.end_offset()) {
        answer.error = ErrorCode::kOffsetOutOfRange;
      } else if (room > 0 && asked.fetch_offset < end) {
        const std::size_t bytes =
            log.read(asked.fetch_offset, end, std::min(asked.max_bytes, room), answer.blocks);
        result.bytes += bytes;
        room -= std::min(room, bytes);
      }
    }
    result.has_error |= answer.error.has_value();
    const bool has_something =
        answer.error || !answer.blocks.empty() || answer.high_watermark > asked.fetch_offset;
    if (!has_something && !says_all) continue;
    answer.partition = asked.partition;
    result.response.partitions.push_back(std::move(answer));
  }
  return result;
}

void Fetches::park(Requester requester, std::string_view client_id, FetchRequest request,
                   std::size_t bytes) {
  const TimePoint deadline = saturating_add(core_.now, request.max_wait);
  const auto [at, is_new] = waiting_.try_emplace(requester.reply_to);
  if (!is_new) {  // two requests of one name: the driver's mistake, and one would never be answered
    core_.close_connection(requester, "two requests under way have the same ReplyTo");
    return;
  }
  Waiting& waiting = at->second;
  waiting.node = requester.node;
  if (!quotas_.is_empty()) waiting.client_id = client_id;
  waiting.request = std::move(request);
  waiting.bytes = bytes;
  waiting.partitions.reserve(waiting.request.partitions.size());
  for (const auto& asked : waiting.request.partitions) {
    Partition* partition =
        topics_.find(asked.partition);  // there: the first attempt found no error
    partition->waiting_fetches.push_back(requester.reply_to);
    waiting.partitions.push_back(partition);
  }
  waiting.deadline.set(core_.timers, deadline,
                       [this, name = requester.reply_to] { answer(waiting_.find(name), true); });
}

void Fetches::appended(Partition& partition, NodeId node, std::size_t bytes) {
  if (partition.waiting_fetches.empty()) return;
  const std::vector<ReplyTo> names =
      partition.waiting_fetches;  // answering takes them off the list
  for (const ReplyTo name : names) {
    const auto waiting = waiting_.find(name);
    if (waiting == waiting_.end()) continue;     // listed twice
    if (waiting->second.node != node) continue;  // at a leader of before
    waiting->second.bytes += bytes;
    if (waiting->second.bytes >= waiting->second.request.min_bytes) answer(waiting, false);
  }
}

void Fetches::wake(Partition& partition) {
  const bool is_deleted = topics_.find(partition.id) != &partition;
  const std::vector<ReplyTo> names = partition.waiting_fetches;
  for (const ReplyTo name : names) {
    const auto waiting = waiting_.find(name);
    if (waiting == waiting_.end()) continue;
    // A node that is cut off has heard nothing.
    if (!is_deleted && partition.belief_of(waiting->second.node)) continue;
    answer(waiting, false);
  }
}

void Fetches::answer(ByReply::iterator waiting, bool says_all) {
  const Requester requester{waiting->second.node, waiting->first};
  const std::string client_id = std::move(waiting->second.client_id);
  Read last = read(requester.node, waiting->second.request, says_all);
  unpark(waiting);
  reply(requester, client_id, std::move(last));
}

Fetches::ByReply::iterator Fetches::unpark(ByReply::iterator waiting) {
  for (Partition* partition : waiting->second.partitions) {
    std::erase(partition->waiting_fetches, waiting->first);
  }
  return waiting_.erase(waiting);
}

void Fetches::forget(ReplyTo reply_to) {
  const auto waiting = waiting_.find(reply_to);
  if (waiting != waiting_.end()) unpark(waiting);
}

void Fetches::forget_node(NodeId node) {
  for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
    waiting = waiting->second.node == node ? unpark(waiting) : std::next(waiting);
  }
}

void Fetches::wake_at(NodeId node, Partition& partition) {
  const std::vector<ReplyTo> names = partition.waiting_fetches;
  for (const ReplyTo name : names) {
    const auto waiting = waiting_.find(name);
    if (waiting != waiting_.end() && waiting->second.node == node) answer(waiting, false);
  }
}

ListOffsetsResponse Fetches::list_offsets(NodeId node, const ListOffsetsRequest& request) const {
  ListOffsetsResponse response;
  for (const auto& asked : request.partitions) {
    auto& answer = response.partitions.emplace_back();
    answer.partition = asked.partition;
    const Partition* partition = topics_.find(asked.partition);
    answer.error = serving_error(core_, partition, node, asked.current_leader_epoch);
    if (partition && !answer.error) look_up(node, *partition, asked.timestamp_ms, answer);
  }
  return response;
}

void Fetches::look_up(NodeId node, const Partition& partition, std::int64_t timestamp_ms,
                      ListOffsetsResponse::Partition& answer) const {
  const Replica& served = partition.served_by(node);
  const PartitionLog& log = served.log;
  answer.leader_epoch = partition.epoch_at(node);
  if (timestamp_ms == -2) {
    answer.offset = log.start_offset();
    return;
  }
  const Offset end = served.high_watermark;
  if (end < partition.epoch_start_at(node)) {
    // Below what the leader before it may have told. OFFSET_NOT_AVAILABLE, as clients older than
    // KIP-207 are told.
    answer.error = ErrorCode::kLeaderNotAvailable;
    return;
  }
  if (timestamp_ms == -1) {
    answer.offset = end;
    return;
  }
  const auto found =
      timestamp_ms == -3 ? log.find_max_timestamp(end) : log.find_time(timestamp_ms, end);
  if (found) {
    answer.timestamp_ms = found->timestamp_ms;
    answer.offset = found->offset;
  }
}

OffsetsForLeaderEpochResponse Fetches::epoch_ends(
    NodeId node, const OffsetsForLeaderEpochRequest& request) const {
  OffsetsForLeaderEpochResponse response;
  for (const auto& asked : request.partitions) {
    auto& answer = response.partitions.emplace_back();
    answer.partition = asked.partition;
    const Partition* partition = topics_.find(asked.partition);
    answer.error = serving_error(core_, partition, node, asked.current_leader_epoch);
    if (!partition || answer.error) continue;
    const LeaderEpochs::End end = partition->served_by(node).log.end_of(asked.leader_epoch);
    answer.leader_epoch = end.epoch;
    answer.end_offset = end.end;
  }
  return response;
}

}  // namespace rookery::mock
