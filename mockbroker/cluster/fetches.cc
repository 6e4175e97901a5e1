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
  const Placement& placement = partition->placement;
  if (!placement.has_replica(node)) return ErrorCode::kNotLeaderOrFollower;
  if (epoch >= 0 && epoch < placement.epoch) return ErrorCode::kFencedLeaderEpoch;
  if (epoch > placement.epoch) return ErrorCode::kUnknownLeaderEpoch;
  if (!partition->is_led_by(core, node)) return ErrorCode::kNotLeaderOrFollower;
  return std::nullopt;
}

void Fetches::handle(Requester requester, FetchRequest request) {
  Read first = read(requester.node, request, false);
  const bool is_enough =
      first.has_error || first.bytes >= request.min_bytes || request.partitions.empty();
  if (is_enough) {
    core_.reply(requester, std::move(first.response));
  } else if (request.max_wait <= Milliseconds::zero()) {
    core_.reply(requester, read(requester.node, request, true).response);
  } else {
    park(requester, std::move(request), first.bytes);
  }
}

Fetches::Read Fetches::read(NodeId node, const FetchRequest& request, bool says_all) const {
  Read result;
  std::size_t room = request.max_bytes;
  for (const auto& asked : request.partitions) {
    const Partition* partition = topics_.find(asked.partition);
    FetchResponse::Partition answer;
    answer.error = serving_error(core_, partition, node, asked.current_leader_epoch);
    if (partition && !answer.error) {
      const PartitionLog& log = partition->log();
      const Offset end = partition->high_watermark();
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

void Fetches::park(Requester requester, FetchRequest request, std::size_t bytes) {
  const TimePoint deadline = saturating_add(core_.now, request.max_wait);
  const auto [at, is_new] = waiting_.try_emplace(requester.reply_to);
  if (!is_new) {  // two requests of one name: the driver's mistake, and one would never be answered
    core_.close_connection(requester, "two requests under way have the same ReplyTo");
    return;
  }
  Waiting& waiting = at->second;
  waiting.node = requester.node;
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

void Fetches::appended(Partition& partition, std::size_t bytes) {
  if (partition.waiting_fetches.empty()) return;
  const std::vector<ReplyTo> names =
      partition.waiting_fetches;  // answering takes them off the list
  for (const ReplyTo name : names) {
    const auto waiting = waiting_.find(name);
    if (waiting == waiting_.end()) continue;  // listed twice
    waiting->second.bytes += bytes;
    if (waiting->second.bytes >= waiting->second.request.min_bytes) answer(waiting, false);
  }
}

void Fetches::wake(Partition& partition) {
  const std::vector<ReplyTo> names = partition.waiting_fetches;
  for (const ReplyTo name : names) {
    const auto waiting = waiting_.find(name);
    if (waiting != waiting_.end()) answer(waiting, false);
  }
}

void Fetches::answer(ByReply::iterator waiting, bool says_all) {
  const Requester requester{waiting->second.node, waiting->first};
  core_.reply(requester, read(requester.node, waiting->second.request, says_all).response);
  unpark(waiting);
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

ListOffsetsResponse Fetches::list_offsets(NodeId node, const ListOffsetsRequest& request) const {
  ListOffsetsResponse response;
  for (const auto& asked : request.partitions) {
    auto& answer = response.partitions.emplace_back();
    answer.partition = asked.partition;
    const Partition* partition = topics_.find(asked.partition);
    answer.error = serving_error(core_, partition, node, asked.current_leader_epoch);
    if (partition && !answer.error) look_up(*partition, asked.timestamp_ms, answer);
  }
  return response;
}

void Fetches::look_up(const Partition& partition, std::int64_t timestamp_ms,
                      ListOffsetsResponse::Partition& answer) const {
  const PartitionLog& log = partition.log();
  answer.leader_epoch = partition.placement.epoch;
  if (timestamp_ms == -2) {
    answer.offset = log.start_offset();
    return;
  }
  const Offset end = partition.high_watermark();
  if (end < partition.epoch_start) {
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
    const LeaderEpochs::End end = partition->log().end_of(asked.leader_epoch);
    answer.leader_epoch = end.epoch;
    answer.end_offset = end.end;
  }
  return response;
}

}  // namespace rookery::mock
