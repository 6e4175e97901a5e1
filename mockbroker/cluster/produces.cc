// produces.cc
//
// Listed with each of their partitions, as fetches that wait.
#include "mockbroker/cluster/produces.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {

bool Produces::settle(NodeId node, const Need& need, ProduceResponse& response) const {
  const Partition& partition = *need.partition;
  MaybeError& error = response.partitions[need.place].error;
  if (topics_.find(partition.id) != need.partition) {
    error = ErrorCode::kUnknownTopicOrPartition;
    return true;
  }
  if (partition.epoch_at(node) != need.epoch) {
    error = ErrorCode::kNotLeaderOrFollower;
    return true;
  }
  if (partition.served_by(node).high_watermark < need.end) return false;
  if (partition.in_sync_count_at(node) < partition.topic->config.min_insync_replicas) {
    error = ErrorCode::kNotEnoughReplicasAfterAppend;
  }
  return true;
}

void Produces::park(Requester requester, ProduceResponse response, std::vector<Need> needs,
                    Milliseconds timeout, Charge charge) {
  const auto [at, is_new] = waiting_.try_emplace(requester.reply_to);
  if (!is_new) {  // the driver's mistake, as in Fetches
    core_.close_connection(requester, "two requests under way have the same ReplyTo");
    return;
  }
  Waiting& waiting = at->second;
  waiting.node = requester.node;
  waiting.response = std::move(response);
  waiting.needs = std::move(needs);
  waiting.charge = std::move(charge);
  for (const Need& need : waiting.needs) {
    need.partition->waiting_produces.push_back(requester.reply_to);
  }
  waiting.deadline.set(core_.timers, saturating_add(core_.now, timeout),
                       [this, name = requester.reply_to] { expire(name); });
}

void Produces::wake(Partition& partition) {
  if (partition.waiting_produces.empty()) return;
  const std::vector<ReplyTo> names = partition.waiting_produces;
  for (const ReplyTo name : names) {
    const auto waiting = waiting_.find(name);
    if (waiting == waiting_.end()) continue;  // listed twice
    Waiting& one = waiting->second;
    const auto is_here = [&](const Need& need) { return need.partition == &partition; };
    std::erase_if(one.needs, [&](const Need& need) {
      return is_here(need) && settle(one.node, need, one.response);
    });
    if (std::none_of(one.needs.begin(), one.needs.end(), is_here)) {
      std::erase(partition.waiting_produces, name);
    }
    if (one.needs.empty()) finish(waiting);
  }
}

void Produces::expire(ReplyTo reply_to) {
  const auto waiting = waiting_.find(reply_to);
  for (const Need& need : waiting->second.needs) {
    waiting->second.response.partitions[need.place].error = ErrorCode::kRequestTimedOut;
  }
  finish(waiting);
}

void Produces::finish(ByReply::iterator waiting) {
  reply({waiting->second.node, waiting->first}, std::move(waiting->second.response),
        waiting->second.charge);
  unpark(waiting);
}

void Produces::reply(Requester requester, ProduceResponse response, const Charge& charge) {
  Milliseconds throttle_time{0};
  if (charge.bytes > 0) {
    throttle_time = quotas_.produced(core_.now, requester.node, charge.client_id, charge.bytes);
  }
  core_.reply(requester, std::move(response), throttle_time);
}

Produces::ByReply::iterator Produces::unpark(ByReply::iterator waiting) {
  for (const Need& need : waiting->second.needs) {
    std::erase(need.partition->waiting_produces, waiting->first);
  }
  return waiting_.erase(waiting);
}

void Produces::forget(ReplyTo reply_to) {
  const auto waiting = waiting_.find(reply_to);
  if (waiting != waiting_.end()) unpark(waiting);
}

void Produces::forget_node(NodeId node) {
  for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
    waiting = waiting->second.node == node ? unpark(waiting) : std::next(waiting);
  }
}

}  // namespace rookery::mock
