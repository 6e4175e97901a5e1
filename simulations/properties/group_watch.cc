// group_watch.cc
//
// One function for each thing that can be seen, and what must hold then.
#include "simulations/properties/group_watch.h"

#include <rookery/base/duration.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace rookery::sim {
namespace {

constexpr std::size_t kTimelineMost = 20;
// No call outlives its deadline by more (C8), and no beat is later (plus its round trip).
constexpr Duration kLateMost = std::chrono::milliseconds(200);
constexpr Duration kRoundTripMost = std::chrono::milliseconds(100);

// As all failures tell their times.
std::string seconds_of(TimePoint at) {
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  char text[40];
  std::snprintf(text, sizeof text, "%6lld.%03lld", static_cast<long long>(milliseconds / 1000),
                static_cast<long long>(milliseconds % 1000));
  return text;
}

std::string quoted_error(const Error& error) {
  return std::string(name(error.code)) + ": " + error.message;
}

}  // namespace

void GroupWatch::note(const std::string& name, const std::string& text) {
  std::string who = name;
  who.resize(std::max<std::size_t>(who.size(), 10), ' ');
  std::string line = seconds_of(scheduler_.time()) + " s  " + who + "  " + text;
  if (options_.trace != nullptr) *options_.trace << line << '\n';
  timeline_.push_back(std::move(line));
  if (timeline_.size() > kTimelineMost) timeline_.pop_front();
}

void GroupWatch::fail(const std::string& promise, const std::string& text) {
  scheduler_.fail(promise, text);
}

// ---- The wire

void GroupWatch::sent(const std::string& name, std::uint64_t wire, NodeId node,
                      std::uint64_t correlation, const mock::Request& request) {
  const Uninterrupted scope;
  membership_.sent(name, request);
  Client& one = client(name);
  const auto* join = std::get_if<mock::JoinGroupRequest>(&request);
  const auto* sync = std::get_if<mock::SyncGroupRequest>(&request);
  const auto* beat = std::get_if<mock::HeartbeatRequest>(&request);
  const auto* leave = std::get_if<mock::LeaveGroupRequest>(&request);
  if (join == nullptr && sync == nullptr && beat == nullptr && leave == nullptr) return;
  // An id lost is a member anew.
  if (join != nullptr && join->member_id.empty()) one.generation = -1;
  const std::int32_t generation = sync != nullptr   ? sync->generation
                                  : beat != nullptr ? beat->generation
                                                    : one.generation;
  note(name, std::string("sends ") + mock::api_name(request) + " to node " + std::to_string(node) +
                 (sync != nullptr || beat != nullptr ? ", generation " + std::to_string(generation)
                                                     : std::string()));
  if (leave != nullptr) {
    one.is_stable = false;
    // A thread that closes may overtake a sync that another was about to send.
    if (leave->member_id == one.join_member_id && !one.is_closing) {
      one.has_left = true;
      one.joined_generation.reset();
    }
    return;
  }
  if (generation < one.generation && !std::exchange(one.may_fall, false)) {
    fail("generations never fall", name + " speaks of generation " + std::to_string(generation) +
                                       " after " + std::to_string(one.generation));
  }
  one.generation = generation;
  if (beat != nullptr) {
    check_beat(name, one, scheduler_.time());
    one.beat_base = scheduler_.time();
    one.is_beat_failed = false;
    return;
  }
  if (!one.joining.empty()) {
    fail("one join or sync at a time",
         name + " sends " + mock::api_name(request) + " while another join or sync is under way");
  }
  if (sync != nullptr && one.joined_generation != sync->generation) {
    fail("a sync follows its join", name + " syncs generation " + std::to_string(sync->generation) +
                                        ", which its last join did not lead to");
  }
  one.is_stable = false;
  one.joined_generation.reset();
  if (join != nullptr) {
    one.join_member_id = join->member_id;
    one.has_left = false;
  }
  one.joining[correlation] = {wire, node, join != nullptr};
}

void GroupWatch::answered(const std::string& name, const mock::Reply& reply) {
  const Uninterrupted scope;
  membership_.answered(name, reply);
  Client& one = client(name);
  one.joining.erase(reply.correlation);
  if (!reply.response) return;
  if (const auto* join = std::get_if<mock::JoinGroupResponse>(&*reply.response)) {
    if (!join->error && !one.has_left) one.joined_generation = join->generation;
    if (!join->error) one.group_generation = join->generation;
    note(name, "is answered JoinGroup: " +
                   (join->error ? std::string(rookery::name(*join->error))
                                : "generation " + std::to_string(join->generation)));
  } else if (const auto* sync = std::get_if<mock::SyncGroupResponse>(&*reply.response)) {
    one.is_stable = !sync->error && !one.is_closing;
    if (!sync->error) records_.synced(name);
    one.beat_base = scheduler_.time();
    note(name, "is answered SyncGroup: " + (sync->error ? std::string(rookery::name(*sync->error))
                                                        : text(sync->assignment)));
  } else if (const auto* beat = std::get_if<mock::HeartbeatResponse>(&*reply.response)) {
    if (!beat->error || beat->error == ErrorCode::kRebalanceInProgress) return;
    note(name, "is answered Heartbeat: " + std::string(rookery::name(*beat->error)));
    if (!is_retriable(*beat->error)) one.is_stable = false;
    one.is_beat_failed = true;
    one.beat_base = scheduler_.time();
  } else if (const auto* commit = std::get_if<mock::OffsetCommitResponse>(&*reply.response)) {
    for (const auto& partition : commit->partitions) {
      if (partition.error == ErrorCode::kUnknownMemberId ||
          partition.error == ErrorCode::kIllegalGeneration ||
          partition.error == ErrorCode::kFencedInstanceId) {
        note(name, "is answered OffsetCommit: " + std::string(rookery::name(*partition.error)));
        one.is_stable = false;
      }
    }
  }
}

void GroupWatch::disconnected(const std::string& name, std::uint64_t wire, NodeId node) {
  const Uninterrupted scope;
  membership_.disconnected(name);
  std::erase_if(client(name).joining, [&](const auto& one) {
    return one.second.wire == wire && (node < 0 || one.second.node == node);
  });
}

void GroupWatch::check_beat(const std::string& name, const Client& one, TimePoint at) {
  if (!is_quiet_ || !one.is_stable || one.is_closing) return;
  const TimePoint base = std::max(one.beat_base, quiet_from_);
  // One that failed is tried again within the backoff.
  const Duration wait = one.is_beat_failed ? options_.retry_backoff : options_.heartbeat_interval;
  if (at - base <= wait + kLateMost + kRoundTripMost + options_.slack) return;
  const char* promise =
      one.is_beat_failed ? "a failed beat is tried again" : "a stable member beats";
  fail(promise, name + " has sent no heartbeat for " + format_duration(at - base) + ", its " +
                    (one.is_beat_failed ? "retry backoff is " : "interval is ") +
                    format_duration(wait));
}

// A beat that was under way is lost, its coordinator is looked up, and the connection has a
// backoff.
void GroupWatch::check_reconnected(const std::string& name, const Client& one, TimePoint at) {
  if (!is_quiet_ || one.cut_off_at == kNever || !one.is_stable || one.is_closing) return;
  const Duration most = options_.heartbeat_interval + options_.retry_backoff + 2 * kLateMost +
                        3 * kRoundTripMost + options_.slack;
  if (at - one.cut_off_at <= most) return;
  fail("a coordinator that is cut off is connected again",
       name + " has reached nobody for " + format_duration(at - one.cut_off_at) +
           ", since its connections broke");
}

void GroupWatch::connections_broken() {
  const Uninterrupted scope;
  note("world", "breaks all connections");
  for (auto& [name, one] : clients_) {
    if (one.cut_off_at == kNever) one.cut_off_at = scheduler_.time();
    membership_.disconnected(name);
  }
}

void GroupWatch::arrived(const std::string& name, const mock::Request& request) {
  if (!std::holds_alternative<mock::HeartbeatRequest>(request)) return;
  const auto one = clients_.find(name);
  if (one == clients_.end()) return;
  check_reconnected(name, one->second, scheduler_.time());
  one->second.cut_off_at = kNever;
}

// ---- User code

void GroupWatch::opened(const std::string& name, const MemberTraits& traits) {
  const Uninterrupted scope;
  Client& one = client(name);
  one.is_static = traits.is_static;
  one.group = traits.group;
  one.is_cooperative = traits.is_cooperative;
  membership_.opened(name, traits);
  io_.opened(name);
  note(name, "opens, for group " + traits.group);
}

void GroupWatch::poll_began(const std::string& name, TimePoint last_ended) {
  const Uninterrupted scope;
  io_.woken(name);
  membership_.poll_began(name, last_ended, paused_since(last_ended) > Duration::zero());
}

void GroupWatch::told_assigned(const std::string& name, Client& one, const Assigned& assigned) {
  for (const AssignedPartition& partition : assigned.partitions) {
    if (!one.assigned.emplace(partition.partition, partition.assignment).second) {
      fail("assignments and revocations alternate",
           name + " is assigned " + partition.partition.text() + " twice");
    }
    one.held.insert(partition.partition);
    records_.assigned(name, one.group, partition);
    if (one.is_removed) continue;  // old news; that it has lost them follows
    for (const auto& [other_name, other] : clients_) {
      if (other_name == name || other.group != one.group || other.is_removed) continue;
      if (other.is_closing || !other.held.contains(partition.partition)) continue;
      // Kafka does not wait for a static member beyond the rebalance timeout, nor remove it.
      if (other.is_static && other.group_generation < one.group_generation) continue;
      if (one.is_static && one.group_generation < other.group_generation) continue;
      fail("a partition has one owner", partition.partition.text() + " is assigned to " + name +
                                            " while " + other_name + " has it");
    }
  }
}

void GroupWatch::told_revoking(const std::string& name, Client& one, const Revoking& revoking) {
  for (const OwnedPartition& partition : revoking.partitions) {
    const auto found = one.assigned.find(partition.partition);
    if (found == one.assigned.end() || found->second != partition.assignment) {
      fail("assignments and revocations alternate",
           partition.partition.text() + " is revoked from " + name + ", which does not have it");
    }
    one.assigned.erase(found);
    records_.revoked(name, partition.assignment);
    one.revoking[revoking.revocation.value].push_back(partition.partition);
    if (revoking.lost) one.held.erase(partition.partition);
  }
  if (!one.is_cooperative && !one.assigned.empty()) {
    fail("an eager member gives up all",
         name + " keeps " + one.assigned.begin()->first.text() + " over a revocation");
  }
}

void GroupWatch::told(const std::string& name, const std::vector<GroupEvent>& events) {
  const Uninterrupted scope;
  Client& one = client(name);
  io_.woken(name);
  records_.events_taken(name);
  membership_.told(name, events);
  for (const GroupEvent& event : events) {
    if (const auto* assigned = std::get_if<Assigned>(&event)) {
      note(name, "is assigned " + std::to_string(assigned->partitions.size()) + " partitions");
      told_assigned(name, one, *assigned);
    } else if (const auto* revoking = std::get_if<Revoking>(&event)) {
      note(name, std::string(revoking->lost ? "has lost " : "is to give up ") +
                     std::to_string(revoking->partitions.size()) + " partitions");
      told_revoking(name, one, *revoking);
    } else if (const auto* done = std::get_if<CommitDone>(&event)) {
      if (done->commit.value <= one.commits_done || done->commit.value > one.commits) {
        fail("each commit is answered once, in order",
             name + " is told of commit " + std::to_string(done->commit.value) + " after " +
                 std::to_string(one.commits_done) + ", of " + std::to_string(one.commits));
      }
      one.commits_done = done->commit.value;
      ++one.commits_told;
    } else if (const auto* error = std::get_if<ConsumerError>(&event)) {
      note(name, "is told " + quoted_error(error->error));
    }
  }
}

void GroupWatch::handed_back(const std::string& name, RevocationId revocation) {
  const Uninterrupted scope;
  Client& one = client(name);
  for (const TopicPartition& partition : one.revoking[revocation.value]) {
    if (!one.assigned.contains(partition)) one.held.erase(partition);
  }
  one.revoking.erase(revocation.value);
}

void GroupWatch::commit_called(const std::string& name) {
  const Uninterrupted scope;
  ++client(name).commits;
}

void GroupWatch::close_began(const std::string& name) {
  const Uninterrupted scope;
  Client& one = client(name);
  ++one.closes;
  if (!one.is_closing) one.commits_waiting = one.commits - one.commits_told;
  one.is_closing = true;
  one.is_stable = false;
  one.held.clear();
  membership_.close_began(name);
  note(name, "is being closed");
}

void GroupWatch::close_ended(const std::string& name, const CloseReport& report, TimePoint began,
                             Duration at_most, bool is_on_heartbeat) {
  const Uninterrupted scope;
  Client& one = client(name);
  note(name, "is closed: " + report.text());
  check_outcome(name, one, report.outcome, is_on_heartbeat);
  if (report.outcome == CloseOutcome::kTerminated) one.is_closed = true;
  // Commits that wait leave one after the other. A close without time has none for a goodbye.
  const auto waiting = static_cast<std::int64_t>(one.commits_waiting);
  const bool has_time =
      at_most >= std::chrono::milliseconds(300) + kRoundTripMost * waiting + options_.slack;
  if (report.timed_out() && has_time && !is_troubled_ && trouble_ended_ < began) {
    fail("close ends in time", name + ": close timed out, though nothing kept it");
  }
}

// C7: the thread that ends with its listener can only go on; all else is over, late, or another's.
void GroupWatch::check_outcome(const std::string& name, const Client& one, CloseOutcome outcome,
                               bool is_on_heartbeat) {
  const bool is_closing = outcome == CloseOutcome::kClosing;
  if (is_on_heartbeat && outcome == CloseOutcome::kTerminated) {
    fail("close says what it did", name + ": terminated, says close on the heartbeat thread");
  }
  if (!is_on_heartbeat && is_closing && one.closes == 1) {
    fail("close says what it did", name + ": closing, says close, and nobody else closes");
  }
}

void GroupWatch::listener_entered(const std::string& name, bool is_on_heartbeat) {
  const Uninterrupted scope;
  note(name, is_on_heartbeat ? "hears of events on its heartbeat thread" : "hears of events");
  if (is_on_heartbeat && client(name).is_closed) {
    fail("no callback after close", name + ": the listener is called after close has returned");
  }
}

void GroupWatch::gone(const std::string& name) {
  const Uninterrupted scope;
  Client& one = client(name);
  if (one.commits_told != one.commits) {
    fail("each commit is answered once, in order",
         name + " was told of " + std::to_string(one.commits_told) + " commits, of " +
             std::to_string(one.commits));
  }
}

void GroupWatch::call_ended(const std::string& name, const char* call, TimePoint began,
                            TimePoint deadline, Duration in_user_code) {
  const Uninterrupted scope;
  const Duration late_most = kLateMost + options_.slack + in_user_code + paused_since(began);
  const TimePoint bound = saturating_add(std::max(began, deadline), late_most);
  if (scheduler_.time() <= bound) return;
  fail("calls return in time", name + ": " + call + " returned " +
                                   format_duration(scheduler_.time() - std::max(began, deadline)) +
                                   " after its deadline");
}

// ---- Processes that stand still

void GroupWatch::paused(ProcessId process) {
  const Uninterrupted scope;
  pauses_.push_back({process, scheduler_.time()});
  for (const auto& [name, one] : clients_) membership_.paused(name);
}

void GroupWatch::resumed(ProcessId process) {
  const Uninterrupted scope;
  for (Pause& pause : pauses_) {
    if (pause.process == process && pause.until == kNever) pause.until = scheduler_.time();
  }
}

Duration GroupWatch::paused_since(TimePoint since) const {
  const ProcessId process = scheduler_.current_process();
  Duration sum{0};
  for (const Pause& pause : pauses_) {
    if (pause.process != process || pause.until <= since) continue;
    sum += std::min(pause.until, scheduler_.time()) - std::max(pause.from, since);
  }
  return sum;
}

// ---- Phases

void GroupWatch::trouble(bool is_on) {
  const Uninterrupted scope;
  is_troubled_ = is_on;
  if (!is_on) trouble_ended_ = scheduler_.time();
}

void GroupWatch::quiet(bool is_on) {
  const Uninterrupted scope;
  if (is_on) {
    is_quiet_ = true;
    quiet_from_ = scheduler_.time();
    note("world", "is quiet");
    return;
  }
  for (const auto& [name, one] : clients_) {
    check_beat(name, one, scheduler_.time());
    check_reconnected(name, one, scheduler_.time());
  }
  is_quiet_ = false;
  note("world", "ends");
}

std::string GroupWatch::unsettled(const std::string& group) const {
  std::size_t owned = 0;
  std::string names;
  for (const auto& [name, one] : clients_) {
    if (one.group != group || one.is_closing) continue;
    owned += one.assigned.size();
    names += " " + name + " has " + std::to_string(one.assigned.size());
    if (!one.revoking.empty()) return name + " has not handed back";
    if (!one.is_stable) return name + " is not stable";
  }
  if (owned == static_cast<std::size_t>(options_.partitions)) return records_.unseen(group);
  return "group " + group + " has " + std::to_string(owned) + " of " +
         std::to_string(options_.partitions) + " partitions:" + names;
}

}  // namespace rookery::sim
