// rebalance_test.cc
//
// Groups that come and go, over schedules: partitions have one owner at a time, generations never
// fall, commits are answered once and in order; and a join that outlives its caller's patience.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "simulations/properties/group_world.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using Seen = GroupWorld::Seen;

constexpr std::uint64_t kSeeds = 30;
const ConfigMap kEager = {{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "500"}};
const ConfigMap kCooperative = {{"session.timeout.ms", "6000"},
                                {"heartbeat.interval.ms", "500"},
                                {"partition.assignment.strategy", "cooperative-sticky"}};

void expect_one_owner_each(const GroupWorld& world, const std::deque<TestConsumer>& members) {
  std::set<TopicPartition> owned;
  for (const TestConsumer& member : members) {
    for (const TopicPartition& partition : member.partitions()) {
      ASSERT_TRUE(owned.insert(partition).second)
          << partition.text() << " has two owners" << world.describe();
    }
  }
}

// What each member said of its generation, in order.
void expect_generations_never_fall(GroupWorld& world) {
  std::map<std::string, std::int32_t> last;
  for (const Seen& seen : world.seen()) {
    std::int32_t generation = -1;
    if (const auto* sync = std::get_if<SyncGroupRequest>(&seen.request)) {
      generation = sync->generation;
    } else if (const auto* beat = std::get_if<HeartbeatRequest>(&seen.request)) {
      generation = beat->generation;
    } else if (const auto* commit = std::get_if<OffsetCommitRequest>(&seen.request)) {
      generation = commit->generation;
    } else {
      continue;
    }
    EXPECT_GE(generation, last[seen.client_id]) << seen.client_id << ": " << api_name(seen.request);
    last[seen.client_id] = std::max(last[seen.client_id], generation);
  }
}

// Members join, leave, commit, hand back late and are silent for a while, at random.
void live(GroupWorld& world, const ConfigMap& config) {
  std::map<const TestConsumer*, std::vector<CommitId>> commits;
  std::map<const TestConsumer*, TimePoint> silent_until;
  std::set<const TestConsumer*> closed;
  const auto is_alive = [&](const TestConsumer& member) { return !closed.contains(&member); };
  for (int step = 0; step < 150; ++step) {
    const std::uint64_t what = random_below(40);
    if (world.members().empty() || (what == 0 && world.members().size() < 5)) world.join(config);
    const std::uint64_t which = random_below(world.members().size());
    TestConsumer& chosen = world.members()[which];
    if (is_alive(chosen)) {
      if (what == 1 && world.members().size() - closed.size() > 1) {
        EXPECT_FALSE(chosen.close().timed_out());
        chosen.forget_assignments();
        closed.insert(&chosen);
      } else if (what == 2) {
        silent_until[&chosen] = deadline_in(2s);
      } else if (what < 10 && !chosen.partitions().empty()) {
        const TopicPartition partition = chosen.partitions().front();
        commits[&chosen].push_back(chosen.client().commit(
            {{partition, chosen.assignments().at(partition).assignment, step, ""}}));
      }
    }
    for (TestConsumer& member : world.members()) {
      if (is_alive(member) && now() >= silent_until[&member]) member.poll(20ms);
      ASSERT_NO_FATAL_FAILURE(expect_one_owner_each(world, world.members()));
    }
  }
  ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); })) << world.describe();
  for (const TestConsumer& member : world.members()) {
    if (!is_alive(member)) continue;
    const std::vector<CommitId>& ids = commits[&member];
    ASSERT_TRUE(world.poll_until([&] { return member.commits().size() == ids.size(); }));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      EXPECT_EQ(member.commits()[i].commit, ids[i]);
      const Status& status = member.commits()[i].results.front().status;
      EXPECT_TRUE(status || status.error().code == ErrorCode::kRevoked) << status.error().text();
    }
  }
  for (const TestConsumer& member : world.members()) {
    for (const Revoking& revocation : member.revocations()) EXPECT_FALSE(revocation.lost);
  }
  expect_generations_never_fall(world);
}

TEST(Rebalance, GivesEachPartitionOneOwnerEagerly) {
  over_seeds(kSeeds, [](GroupWorld& world) { live(world, kEager); });
}

TEST(Rebalance, GivesEachPartitionOneOwnerCooperatively) {
  over_seeds(kSeeds, [](GroupWorld& world) { live(world, kCooperative); });
}

TEST(Rebalance, KeepsWhatACooperativeMemberNeedNotGiveUp) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& first = world.join(kCooperative);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    TestConsumer& second = world.join(kCooperative);
    ASSERT_TRUE(
        world.poll_until([&] { return world.is_settled() && second.partitions().size() == 3; }));
    ASSERT_EQ(first.revocations().size(), 1U);
    EXPECT_EQ(first.revocations().front().partitions.size(), 3U);
    EXPECT_EQ(first.partitions().size(), 3U);
  });
}

// A join that is answered in a later poll than the one that sent it (D11): the member beats.
TEST(Rebalance, AJoinAnsweredLateStillBeats) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    bool is_holding = true;  // guarded by the cluster's lock, as the filter is
    world.set_filter([&is_holding](const Seen& seen) -> FilterDecision {
      if (is_holding && std::holds_alternative<JoinGroupRequest>(seen.request)) {
        return HoldRequest{};
      }
      return PassRequest{};
    });
    TestConsumer& member = world.join(kEager);
    for (int i = 0; i < 20; ++i) member.poll(50ms);
    EXPECT_TRUE(member.partitions().empty());
    world.kafka().with_cluster([&](Cluster& cluster, TimePoint at, WallTime wall) {
      is_holding = false;
      EXPECT_EQ(cluster.release_held(at, wall), 1U);
    });
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    const TimePoint silent_from = now();
    sleep_until(deadline_in(10s));
    std::size_t beats = 0;
    for (const auto& [seen, beat] : world.seen_of<HeartbeatRequest>()) {
      beats += seen.at > silent_from ? 1 : 0;
    }
    EXPECT_GE(beats, 14U);
    world.set_filter({});
  });
}

// An answer to a join that was given up (D12): no sync for its generation.
TEST(Rebalance, AJoinAnsweredTooLateIsNotFollowedBySync) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    ConfigMap config = kEager;
    config["max.poll.interval.ms"] = "6000";  // a join is given up 5 s later
    TestConsumer& member = world.join(config);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    const NodeId coordinator = world.seen_of<JoinGroupRequest>().back().first.node;
    // Another member comes; the answers of the coordinator stay out until the join is given up.
    TestConsumer& other = world.join(config);
    ASSERT_TRUE(world.poll_until([&] { return !member.revocations().empty(); }));
    world.kafka().hold_answers(coordinator);
    const TimePoint given_up = deadline_in(13s);
    ASSERT_TRUE(world.poll_until([&] { return now() > given_up; }));
    world.kafka().release_answers(coordinator);
    ASSERT_TRUE(world.poll_until([&] {
      return world.is_settled() && !member.partitions().empty() && !other.partitions().empty();
    })) << world.describe();
    expect_generations_never_fall(world);
  });
}

TEST(Rebalance, AStaticMemberComesBackToWhatItHad) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    ConfigMap first = kEager;
    first["group.instance.id"] = "one";
    ConfigMap second = kEager;
    second["group.instance.id"] = "two";
    TestConsumer& leaving = world.join(first);
    TestConsumer& staying = world.join(second);
    ASSERT_TRUE(world.poll_until([&] {
      return world.is_settled() && !leaving.partitions().empty() && !staying.partitions().empty();
    }));
    const std::vector<TopicPartition> had = leaving.partitions();
    const std::size_t revocations = staying.revocations().size();
    EXPECT_FALSE(leaving.close().timed_out());
    leaving.forget_assignments();
    EXPECT_TRUE(world.seen_of<LeaveGroupRequest>().empty());
    TestConsumer& back = world.join(first);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    EXPECT_EQ(back.partitions(), had);
    EXPECT_EQ(staying.revocations().size(), revocations);
  });
}

TEST(Rebalance, NewPartitionsAndTopicsOfAPatternAreAssigned) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    ConfigMap config = kEager;
    config["topic.metadata.refresh.interval.ms"] = "1000";
    TestConsumer& member = world.join(config);
    ASSERT_TRUE(member.client().subscribe({"^orders.*"}));
    ASSERT_TRUE(world.poll_until([&] { return member.partitions().size() == 6; }));
    ASSERT_TRUE(world.kafka().create_topic("orders.eu", 2));
    ASSERT_TRUE(world.kafka().create_topic("refunds", 2));
    ASSERT_TRUE(world.poll_until([&] { return member.partitions().size() == 8; }));
    EXPECT_EQ(member.partitions().back(), (TopicPartition{"orders.eu", 1}));
    ASSERT_TRUE(world.kafka().delete_topic("orders.eu"));
    ASSERT_TRUE(world.poll_until([&] { return member.partitions().size() == 6; }));
  });
}

}  // namespace
}  // namespace rookery::mock
