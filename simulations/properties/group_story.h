// group_story.h
//
// What happens to one member of a group, made by hand: for tests that break the rules of GroupWatch
// one by one.
//
//   EXPECT_EQ(broken_by([](Story& story) { story.assign(1); story.assign(1); }),
//             "assignments and revocations alternate");
//
// Thread rules: each story is told on the fibers of a run of its own.
#pragma once

#include <rookery/runtime/time.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/protocol/protocol.h"
#include "simulations/properties/group_watch.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"

namespace rookery::sim {

inline const TopicPartition kOrders{"orders", 0};
inline const std::string kMember = "m1";

inline mock::Reply reply(mock::Response response) { return {.response = std::move(response)}; }

// A member of group billing and one partition, on the fibers of a run.
class Story {
 public:
  Story()
      : watch({.heartbeat_interval = std::chrono::milliseconds(100),
               .retry_backoff = std::chrono::milliseconds(20),
               .partitions = 1}) {
    open(/*is_cooperative=*/false);
  }

  void open(bool is_cooperative) {
    watch.opened(kMember, {.group = "billing",
                           .is_cooperative = is_cooperative,
                           .session_timeout = std::chrono::milliseconds(2000),
                           .max_poll_interval = std::chrono::milliseconds(500),
                           .retry_backoff = std::chrono::milliseconds(20)});
  }
  void wait(int milliseconds_long) {
    sleep_until(deadline_in(std::chrono::milliseconds(milliseconds_long)));
  }
  void send(const mock::Request& request) { watch.sent(kMember, 1, 0, ++correlation, request); }
  void answer(mock::Response response) {
    mock::Reply answer = reply(std::move(response));
    answer.correlation = correlation;
    watch.answered(kMember, answer);
  }
  void look_up() {
    send(mock::FindCoordinatorRequest{.group = "billing"});
    answer(mock::FindCoordinatorResponse{.node = 0});
  }
  void join(std::vector<TopicPartition> claims = {}, const std::string& id = "id") {
    mock::JoinGroupRequest request{.group = "billing", .member_id = id};
    mock::Subscription subscription{.topics = {"orders"}, .owned_partitions = std::move(claims)};
    request.protocols.push_back({"range", subscription});
    send(request);
    answer(mock::JoinGroupResponse{.generation = 1, .member_id = "id"});
  }
  void sync(std::vector<TopicPartition> assignment) {
    send(mock::SyncGroupRequest{.group = "billing", .generation = 1, .member_id = "id"});
    answer(mock::SyncGroupResponse{.assignment = std::move(assignment)});
  }
  void beat(mock::MaybeError error = std::nullopt) {
    send(mock::HeartbeatRequest{.group = "billing", .generation = 1, .member_id = "id"});
    answer(mock::HeartbeatResponse{.error = error});
  }
  void complete(std::int32_t generation) {
    const std::string group = "billing";
    const std::string protocol = "range";
    watch.generation_completed(
        {now(), group, generation, protocol, kMember, {{kMember, {kOrders}}}});
  }
  // A poll after so long a silence.
  void poll(int silent_for_milliseconds, const std::vector<GroupEvent>& events = {}) {
    const TimePoint from = now();
    wait(silent_for_milliseconds);
    watch.poll_began(kMember, from);
    watch.told(kMember, events);
  }

  void assign(std::uint64_t assignment, std::optional<Offset> committed = {}) {
    AssignedPartition partition;
    partition.partition = kOrders;
    partition.assignment = AssignmentId{assignment};
    partition.committed = committed;
    watch.told(kMember, {Assigned{{partition}}});
  }
  void revoke(std::uint64_t assignment) {
    watch.told(kMember, {Revoking{{assignment}, {{kOrders, AssignmentId{assignment}}}}});
    watch.handed_back(kMember, {assignment});
    watch.records().given_back(kMember, AssignmentId{assignment});
  }
  void take(std::uint64_t assignment, const std::vector<Offset>& offsets) {
    const AssignmentId id{assignment};
    const bool was_revoked = watch.records().is_revoked(kMember, id);
    watch.records().took(kMember, id, was_revoked, offsets);
  }
  void commit(Offset offset) {
    const std::string metadata;
    sleep_until(deadline_in(std::chrono::milliseconds(1)));
    watch.committed({now(), "billing", kMember, 1, kOrders, offset, metadata, kMember});
  }
  void learn() { watch.records().synced(kMember); }
  void lose(Offset from, Offset end) {
    watch.lost({now(), kOrders, from, end, end, 1, mock::LossReason::kNotFlushed});
  }
  void close(CloseOutcome outcome, bool is_on_heartbeat) {
    watch.close_began(kMember);
    watch.close_ended(kMember, {.outcome = outcome}, now(), std::chrono::milliseconds(100),
                      is_on_heartbeat);
  }

  GroupWatch watch;
  std::uint64_t correlation = 0;
};

// The promise that is broken; empty: none.
inline std::string broken_by(const std::function<void(Story&)>& story) {
  Tape tape = Tape::from_draws({});
  RandomStrategy strategy(tape);
  Scheduler scheduler({}, tape, strategy);
  const RunResult result = scheduler.run([&story] {
    Story told;
    story(told);
  });
  return result.failure ? result.failure->kind : "";
}

}  // namespace rookery::sim
