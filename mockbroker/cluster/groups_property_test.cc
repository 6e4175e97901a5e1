// groups_property_test.cc
//
// A group under random joins, syncs, beats, commits, leaves, silences and coordinator moves keeps
// its invariants, seen from outside: by observers and answers.
#include "mockbroker/cluster/test_member.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rookery::mock {
namespace {

constexpr PartitionId kPartitions = 6;

// Keeps what must hold whatever happens.
class Watcher : public Observer {
 public:
  void member_joined(const MemberEvent& event) override {
    RC_ASSERT(members_.insert(event.member_id).second);  // joins once
  }
  void member_removed(const MemberEvent& event) override {
    RC_ASSERT(members_.erase(event.member_id) == 1U);  // leaves once, and only who had joined
  }
  void generation_completed(const GenerationEvent& event) override {
    RC_ASSERT(event.generation > generation_);  // never the same twice
    generation_ = event.generation;
    owners_.clear();
    std::set<std::string> ids;
    for (const auto& [member, partitions] : event.assignments) {
      ids.insert(member);
      for (const TopicPartition& partition : partitions) {
        RC_ASSERT(owners_.emplace(partition, member).second);  // disjoint
      }
    }
    RC_ASSERT(ids == members_);  // all members, and nobody else
    RC_ASSERT(ids.contains(event.leader));
    RC_ASSERT(owners_.size() == static_cast<std::size_t>(kPartitions));
    ++completed;
  }
  void committed(const CommitEvent& event) override {
    if (event.generation < 0) {
      RC_ASSERT(members_.empty());  // from outside: only then
    } else {
      RC_ASSERT(members_.contains(event.member_id));
      // Of the last complete generation or, as Kafka lets it, of one that another rebalance
      // overtook.
      RC_ASSERT(event.generation >= generation_);
    }
    offsets_[event.partition] = event.offset;
    ++commits;
  }

  const std::set<std::string>& members() const { return members_; }
  const std::map<TopicPartition, Offset>& offsets() const { return offsets_; }
  int completed = 0;
  int commits = 0;

 private:
  std::set<std::string> members_;
  std::int32_t generation_ = 0;
  std::map<TopicPartition, std::string> owners_;
  std::map<TopicPartition, Offset> offsets_;
};

// A member that does as it is told, at any moment.
struct Actor {
  TestMember member;
  std::optional<ReplyTo> join;
  std::optional<ReplyTo> sync;
  std::vector<JoinGroupResponse::Member> roster;
  bool is_joined = false;  // has a generation, needs an assignment
  bool is_stable = false;

  bool is_reachable() const {
    const auto up = member.test.cluster.inspect().nodes_up();
    return std::find(up.begin(), up.end(), member.coordinator()) != up.end();
  }
  void take_answers() {
    if (join && member.test.is_answered(*join)) {
      const auto response =
          member.test.reply<JoinGroupResponse>(*std::exchange(join, std::nullopt));
      if (response.error == ErrorCode::kUnknownMemberId ||
          response.error == ErrorCode::kFencedInstanceId)
        member.id.clear();
      if (response.error == ErrorCode::kMemberIdRequired) member.id = response.member_id;
      if (!response.error) {
        RC_ASSERT(response.generation >= 1);
        member.id = response.member_id;
        member.generation = response.generation;
        roster = response.members;
        is_joined = true;
      }
    }
    if (sync && member.test.is_answered(*sync)) {
      const auto response =
          member.test.reply<SyncGroupResponse>(*std::exchange(sync, std::nullopt));
      is_joined = false;
      is_stable = !response.error;
      if (response.error == ErrorCode::kUnknownMemberId) member.id.clear();
    }
  }
  void send_join() {
    is_joined = is_stable = false;
    sync.reset();
    join = member.send_join();
  }
  void send_sync() {
    std::map<std::string, std::vector<TopicPartition>> assignments;
    for (PartitionId i = 0; !roster.empty() && i < kPartitions; ++i) {
      assignments[roster[static_cast<std::size_t>(i) % roster.size()].member_id].push_back(
          {"orders", i});
    }
    sync = member.send_sync(assignments);
  }
  // What a client does next; beats when there is nothing else.
  void go_on() {
    take_answers();
    if (join || sync || !is_reachable()) return;
    if (is_joined) {
      send_sync();
    } else if (!is_stable) {
      send_join();
    } else {
      const MaybeError error = member.heartbeat();
      if (error == ErrorCode::kUnknownMemberId || error == ErrorCode::kFencedInstanceId)
        member.id.clear();
      if (error) send_join();
    }
    take_answers();
  }
};

RC_GTEST_PROP(GroupsProperty, KeepsItsInvariants, ()) {
  const auto load_ms = *rc::gen::element(0, 100);
  const auto delay_ms = *rc::gen::element(0, 3'000);
  TestCluster test({.nodes = 3,
                    .group_initial_rebalance_delay = Milliseconds(delay_ms),
                    .coordinator_load_time = Milliseconds(load_ms)});
  Watcher watcher;
  test.cluster.add_observer(&watcher);
  RC_ASSERT(test.cluster.create_topic(test.now, {.name = "orders", .partitions = kPartitions})
                .has_value());
  std::vector<Actor> actors;
  for (int i = 0; i < 4; ++i) {
    actors.push_back({.member = {test, "m" + std::to_string(i)}});
    if (i == 3) actors.back().member.instance_id = "static";
  }

  const auto script = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 20), rc::gen::inRange(0, 4)));
  for (const auto& [what, who] : script) {
    Actor& actor = actors[static_cast<std::size_t>(who)];
    if (what < 12) {
      actor.go_on();
    } else if (what < 16 && !actor.is_reachable()) {
      continue;
    } else if (what < 14) {
      const Offset offset = watcher.commits + 1;
      actor.member.commit(offset, "", {"orders", who});
    } else if (what == 14) {
      actor.member.leave();
      actor.is_joined = actor.is_stable = false;
    } else if (what == 15) {  // a new incarnation
      actor.member.id.clear();
      actor.send_join();
    } else if (what == 16) {
      test.pass(Milliseconds(4'000));
    } else if (what == 17) {
      test.pass(Milliseconds(100));
    } else if (what == 18) {
      (void)test.cluster.move_coordinator(test.now, kGroup, who % 3);
    } else {
      const auto node = static_cast<NodeId>(who % 3);
      if (!test.cluster.stop_node(test.now, node,
                                  who == 3 ? StopMode::kControlled : StopMode::kCrash)) {
        RC_ASSERT(test.cluster.start_node(test.now, node).has_value());
      }
      for (Actor& each : actors) {  // their connections broke
        each.join.reset();
        each.sync.reset();
        each.is_joined = each.is_stable = false;
      }
    }
    for (Actor& each : actors) each.take_answers();
    for (const auto& [partition, offset] : watcher.offsets()) {
      RC_ASSERT(test.cluster.inspect().committed(kGroup, partition)->offset ==
                offset);  // never lost
    }
  }

  // Left alone, the group settles: all four in one generation, with all partitions.
  for (NodeId node = 0; node < 3; ++node) (void)test.cluster.start_node(test.now, node);
  for (Actor& each : actors) {
    if (each.join && !test.is_answered(*each.join))
      each.join.reset();  // as after a request timeout
    if (each.sync && !test.is_answered(*each.sync)) each.sync.reset();
  }
  const auto is_settled = [&] {
    const auto group = test.cluster.inspect().group(kGroup);
    if (!group.is_loaded || group.state != GroupState::kStable) return false;
    if (group.members.size() != actors.size()) return false;
    for (const Actor& each : actors) {
      if (!each.is_stable || each.member.generation != group.generation) return false;
    }
    return true;
  };
  for (int i = 0; i < 200 && !is_settled(); ++i) {
    for (Actor& each : actors) each.go_on();
    test.pass(Milliseconds(1'000));
  }
  RC_ASSERT(is_settled());
  RC_ASSERT(watcher.completed > 0);
  for (Actor& each : actors)
    RC_ASSERT(!each.member.commit(1'000'000, "", {"orders", 0}).has_value());
}

// The same calls give the same answers: nothing depends on addresses or chance.
RC_GTEST_PROP(GroupsProperty, IsDeterministic, ()) {
  const auto script = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 5), rc::gen::inRange(0, 4)));
  const auto run = [&] {
    std::string trace;
    TestCluster test({.nodes = 3});
    RC_ASSERT(test.cluster.create_topic(test.now, {.name = "orders", .partitions = kPartitions})
                  .has_value());
    std::vector<Actor> actors;
    for (int i = 0; i < 4; ++i) actors.push_back({.member = {test, "m" + std::to_string(i)}});
    for (const auto& [what, who] : script) {
      Actor& actor = actors[static_cast<std::size_t>(who)];
      if (what < 4) actor.go_on();
      if (what == 4) test.pass(Milliseconds(3'000));
      const auto group = test.cluster.inspect().group(kGroup);
      trace +=
          std::string(name(group.state)) + std::to_string(group.generation) + group.leader + " ";
      for (const auto& member : group.members) trace += member.id + text(member.assignment) + ",";
      trace += std::to_string(test.cluster.next_deadline().time_since_epoch().count()) + "\n";
    }
    return trace;
  };
  const std::string first = run();
  const std::string second = run();
  RC_ASSERT(first == second);
}

}  // namespace
}  // namespace rookery::mock
