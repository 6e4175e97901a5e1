// membership_watch.cc
//
// Causes, and what must follow from them.
#include "simulations/properties/membership_watch.h"

#include <rookery/base/duration.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;

constexpr Duration kLateMost = milliseconds(200);
// What is about to be sent may wait for the end of its connection's backoff or throttling.
constexpr Duration kQueuedMost = milliseconds(400);

// What is wrong with an answer; none: nothing, or its kind says nothing of the coordinator.
mock::MaybeError error_of(const mock::Response& response) {
  if (const auto* join = std::get_if<mock::JoinGroupResponse>(&response)) return join->error;
  if (const auto* sync = std::get_if<mock::SyncGroupResponse>(&response)) return sync->error;
  if (const auto* beat = std::get_if<mock::HeartbeatResponse>(&response)) return beat->error;
  if (const auto* fetch = std::get_if<mock::OffsetFetchResponse>(&response)) return fetch->error;
  if (const auto* commit = std::get_if<mock::OffsetCommitResponse>(&response)) {
    for (const auto& partition : commit->partitions) {
      if (partition.error) return partition.error;
    }
  }
  return std::nullopt;
}

bool tells(const GroupEvent& event, const std::string& what) {
  const auto* error = std::get_if<ConsumerError>(&event);
  return error != nullptr && error->error.message.find(what) != std::string::npos;
}

std::string text_of(const std::set<TopicPartition>& partitions) {
  std::string text;
  for (const TopicPartition& one : partitions) text += (text.empty() ? "" : ", ") + one.text();
  return text.empty() ? "nothing" : text;
}

}  // namespace

void MembershipWatch::opened(const std::string& client, const MemberTraits& traits) {
  clients_[client].traits = traits;
}

// ---- The wire

void MembershipWatch::sent(const std::string& client, const mock::Request& request) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return;
  Client& one = found->second;
  if (const auto* join = std::get_if<mock::JoinGroupRequest>(&request)) {
    sent_join(client, one, *join);
    sends_sign_of_life(one);
    one.is_stable = false;
  } else if (std::holds_alternative<mock::SyncGroupRequest>(request)) {
    sends_sign_of_life(one);
  } else if (std::holds_alternative<mock::HeartbeatRequest>(request)) {
    sent_beat(client, one);
    sends_sign_of_life(one);
  } else if (std::holds_alternative<mock::FindCoordinatorRequest>(request)) {
    sent_lookup(client, one);
  } else if (std::holds_alternative<mock::LeaveGroupRequest>(request)) {
    one.is_stable = false;
    one.may_lose_id = true;
  }
}

void MembershipWatch::sends_sign_of_life(Client& one) {
  one.sent_at = scheduler_.time();
  one.lookups_at_send = one.lookups;
}

// Or may be: the member counts from when it wanted to send, not from when it could.
bool MembershipWatch::is_session_over(const Client& one) const {
  return scheduler_.time() - one.good_sent_at >= one.traits.session_timeout - kQueuedMost;
}

void MembershipWatch::sent_lookup(const std::string& client, Client& one) {
  if (!one.may_look_up && !is_session_over(one)) {
    scheduler_.fail("a coordinator that answers is not looked up again",
                    client + " looks up the coordinator that it knows, and nothing was wrong");
  }
  ++one.lookups;
  one.must_look_up = false;
}

void MembershipWatch::sent_join(const std::string& client, Client& one,
                                const mock::JoinGroupRequest& join) {
  if (one.must_look_up) {
    scheduler_.fail("a session that is over asks for its coordinator",
                    client +
                        " joins again, and has not looked its coordinator up since its "
                        "session was over");
  }
  if (join.member_id.empty() && !one.member_id.empty() && !one.may_lose_id) {
    scheduler_.fail("the member id is kept",
                    client + " joins without its id " + one.member_id + ", which is known still");
  }
  if (join.member_id.empty()) one.member_id.clear();
  if (!join.member_id.empty()) one.member_id = join.member_id;
  if (one.traits.is_cooperative) check_claims(client, one, join);
}

void MembershipWatch::check_claims(const std::string& client, const Client& one,
                                   const mock::JoinGroupRequest& join) {
  const std::set<TopicPartition> none;
  const std::set<TopicPartition>& synced = one.synced ? *one.synced : none;
  for (const TopicPartition& partition : one.told) {
    if (one.synced && !synced.contains(partition)) {
      scheduler_.fail("what is taken away is given up",
                      client + " joins again, and has kept " + partition.text() +
                          ", which its assignment did not hold any more");
    }
  }
  for (const auto& protocol : join.protocols) {
    for (const TopicPartition& partition : protocol.subscription.owned_partitions) {
      if (synced.contains(partition)) continue;
      scheduler_.fail("a member claims what it has", client + " claims " + partition.text() +
                                                         " and was assigned " + text_of(synced));
    }
  }
}

void MembershipWatch::sent_beat(const std::string& client, Client& one) {
  const TimePoint at = scheduler_.time();
  if (!one.is_good_handled || one.was_paused) return;
  if (at - one.good_at <= one.traits.session_timeout + kLateMost + kQueuedMost) return;
  scheduler_.fail("a session without a good beat is over",
                  client + " still beats " + format_duration(at - one.good_at) +
                      " after its last sign of life, its session timeout is " +
                      format_duration(one.traits.session_timeout));
}

void MembershipWatch::good(Client& one, bool is_handled) {
  // It may have come too late, and the member has noticed that its session is over.
  one.may_look_up = one.may_look_up || is_session_over(one);
  one.good_at = scheduler_.time();
  one.good_sent_at = one.sent_at;
  one.is_good_handled = is_handled;
  one.was_paused = false;
  one.lookups_when_good = one.lookups_at_send;
}

void MembershipWatch::noticed(Client& one, mock::MaybeError error) {
  if (!error || *error == ErrorCode::kRebalanceInProgress) return;
  one.may_look_up = true;
  if (*error == ErrorCode::kUnknownMemberId) one.may_lose_id = true;
  if (!is_retriable(*error)) one.is_stable = false;
}

void MembershipWatch::answered(const std::string& client, const mock::Reply& reply) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return;
  Client& one = found->second;
  if (!reply.response) {
    one.may_look_up = true;
    return;
  }
  if (const auto* lookup = std::get_if<mock::FindCoordinatorResponse>(&*reply.response)) {
    one.may_look_up = lookup->error || lookup->node < 0;
    return;
  }
  const mock::MaybeError error = error_of(*reply.response);
  noticed(one, error);
  if (const auto* join = std::get_if<mock::JoinGroupResponse>(&*reply.response)) {
    if (!join->error || join->error == ErrorCode::kMemberIdRequired) {
      one.member_id = join->member_id;
    }
    if (!error) good(one, /*is_handled=*/false);
  } else if (const auto* sync = std::get_if<mock::SyncGroupResponse>(&*reply.response)) {
    one.is_stable = !error && !one.is_closing;
    if (error) return;
    good(one, /*is_handled=*/false);
    one.may_lose_id = false;
    one.synced = {sync->assignment.begin(), sync->assignment.end()};
  } else if (std::holds_alternative<mock::HeartbeatResponse>(*reply.response)) {
    if (!error || error == ErrorCode::kRebalanceInProgress) {
      good(one, /*is_handled=*/true);  // H waits for it
    }
  }
}

void MembershipWatch::disconnected(const std::string& client) {
  const auto found = clients_.find(client);
  if (found != clients_.end()) found->second.may_look_up = true;
}

// ---- User code

void MembershipWatch::poll_began(const std::string& client, TimePoint last_ended, bool was_paused) {
  Client& one = clients_[client];
  const Duration silence = scheduler_.time() - last_ended;
  if (silence + milliseconds(1) >= one.traits.max_poll_interval) one.may_lose_id = true;
  one.must_have_left = one.is_stable && !one.is_closing && !was_paused &&
                       silence > one.traits.max_poll_interval + kLateMost;
}

void MembershipWatch::told(const std::string& client, const std::vector<GroupEvent>& events) {
  Client& one = clients_[client];
  bool is_over = false;
  for (const GroupEvent& event : events) {
    if (tells(event, "session timeout")) {
      is_over = true;
      one.must_look_up = one.lookups == one.lookups_when_good;
    }
    if (tells(event, "max.poll.interval.ms")) is_over = true;
    if (const auto* assigned = std::get_if<Assigned>(&event)) {
      for (const auto& partition : assigned->partitions) one.told.insert(partition.partition);
    } else if (const auto* revoking = std::get_if<Revoking>(&event)) {
      check_given_up(client, one, *revoking);
      is_over = is_over || revoking->lost;
    }
  }
  if (is_over) one.is_stable = false;
  if (std::exchange(one.must_have_left, false) && one.is_stable) {
    scheduler_.fail("a silent application leaves its group",
                    client +
                        " polls again after more than max.poll.interval.ms, and is a member "
                        "still");
  }
  one.is_good_handled = true;
}

void MembershipWatch::check_given_up(const std::string& client, Client& one,
                                     const Revoking& revoking) {
  std::set<TopicPartition> given_up;
  for (const auto& partition : revoking.partitions) given_up.insert(partition.partition);
  if (one.traits.is_cooperative && !revoking.lost && one.synced) {
    std::set<TopicPartition> wanted;
    std::set_difference(one.told.begin(), one.told.end(), one.synced->begin(), one.synced->end(),
                        std::inserter(wanted, wanted.end()));
    if (given_up != wanted) {
      scheduler_.fail(
          "a cooperative member gives up what is taken away, and no more",
          client + " gives up " + text_of(given_up) + " and should give up " + text_of(wanted));
    }
  }
  for (const TopicPartition& partition : given_up) one.told.erase(partition);
}

}  // namespace rookery::sim
