// close_test.cc
//
// Close over schedules: from any state, beside nodes that do not answer, from several threads at
// once; it ends within its deadline and 200 ms (C2, C4, C7, C8).
#include <gtest/gtest.h>
#include <rookery/runtime/thread.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "simulations/properties/group_world.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using Seen = GroupWorld::Seen;

constexpr std::uint64_t kSeeds = 30;
constexpr Duration kBound = 200ms;
const ConfigMap kFast = {{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "500"}};

TEST(Close, KeepsItsDeadlineInEveryStateOfAJoin) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(kFast);
    // Somewhere between the first request and a settled group.
    const std::uint64_t polls = random_below(12);
    for (std::uint64_t i = 0; i < polls; ++i) member.poll(Duration(1000));
    const bool is_silent = random_below(2) == 0;
    if (is_silent) {
      for (NodeId node = 0; node < 3; ++node) world.kafka().hold_answers(node);
    }
    const TimePoint began = now();
    const CloseReport report = member.client().close(deadline_in(1s));
    EXPECT_LE(now() - began, 1s + kBound);
    EXPECT_TRUE(is_silent || !report.timed_out()) << "after " << polls << " polls";
    // Again: at once, and no different.
    EXPECT_EQ(member.client().close(deadline_in(1s)).outcome, report.outcome);
    EXPECT_LE(now() - began, 1s + 2 * kBound);
    for (NodeId node = 0; node < 3; ++node) world.kafka().release_answers(node);
  });
}

TEST(Close, LeavesTheGroupAlsoWhileAJoinWaits) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& first = world.join(kFast);
    first.hands_back = false;
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    TestConsumer& second = world.join(kFast);
    // The second one's join waits for the first, which keeps its partitions.
    ASSERT_TRUE(world.poll_until([&] { return !first.revocations().empty(); }));
    const CloseReport report = second.client().close(deadline_in(1s));
    EXPECT_FALSE(report.timed_out());
    const auto leaves = world.seen_of<LeaveGroupRequest>("member-2");
    ASSERT_EQ(leaves.size(), 1U);
    EXPECT_FALSE(leaves[0].second.member_id.empty());
    first.hands_back = true;
    first.client().hand_back(first.revocations().front().revocation);
    ASSERT_TRUE(world.poll_until([&] { return first.partitions().size() == 6; }));
  });
}

TEST(Close, IsSafeFromManyThreadsAtOnce) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(kFast);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    std::vector<Thread> closers;
    std::vector<CloseOutcome> outcomes(3);
    for (CloseOutcome& outcome : outcomes) {
      closers.emplace_back("closer", [&] {
        const TimePoint began = now();
        outcome = member.client().close(deadline_in(1s)).outcome;
        EXPECT_LE(now() - began, 1s + kBound);
      });
    }
    for (Thread& closer : closers) closer.join();
    // Who does not do it itself may be told that another one is at it.
    EXPECT_GE(std::count(outcomes.begin(), outcomes.end(), CloseOutcome::kTerminated), 1);
    EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), CloseOutcome::kTimedOut), 0);
    EXPECT_EQ(member.client().close(deadline_in(1s)).outcome, CloseOutcome::kTerminated);
    EXPECT_EQ(world.seen_of<LeaveGroupRequest>().size(), 1U);
    // Whoever was first, it is closed now.
    EXPECT_TRUE(member.client().poll_events(deadline_in(10s)).empty());
  });
}

TEST(Close, EndsAPollThatWaits) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(kFast);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    const TimePoint began = now();
    Thread closer("closer", [&] {
      sleep_until(deadline_in(100ms));
      member.client().close(deadline_in(1s));
      member.client().wake();
    });
    while (now() - began < 100ms) member.client().poll_events(deadline_in(1h));
    EXPECT_LE(now() - began, 1100ms + kBound);
    closer.join();
  });
}

TEST(Close, AnswersEveryCommit) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(kFast);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    const bool is_silent = random_below(2) == 0;
    if (is_silent) {
      for (NodeId node = 0; node < 3; ++node) world.kafka().hold_answers(node);
    }
    const AssignedPartition one = member.assignments().begin()->second;
    std::vector<CommitId> ids;
    for (Offset offset = 1; offset <= 3; ++offset) {
      ids.push_back(member.client().commit({{one.partition, one.assignment, offset, ""}}));
    }
    member.client().close(deadline_in(1s));
    member.poll(0ms);
    ASSERT_EQ(member.commits().size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(member.commits()[i].commit, ids[i]);
      const Status& status = member.commits()[i].results.front().status;
      EXPECT_EQ(status.has_value(), !is_silent);
      EXPECT_TRUE(status || status.error().code == ErrorCode::kClosed);
    }
    for (NodeId node = 0; node < 3; ++node) world.kafka().release_answers(node);
  });
}

TEST(Close, QuestionsKeepTheirDeadlines) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(kFast);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    for (NodeId node = 0; node < 3; ++node) world.kafka().hold_answers(node);
    const TopicPartition partition = member.partitions().front();
    const TimePoint began = now();
    const auto committed = member.client().committed({partition}, deadline_in(500ms));
    EXPECT_LE(now() - began, 500ms + kBound);
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::kTimedOut);
    const TimePoint sought = now();
    const Status seek = member.client().seek(partition, kLatestOffset, deadline_in(500ms));
    EXPECT_LE(now() - sought, 500ms + kBound);
    ASSERT_FALSE(seek);
    EXPECT_EQ(seek.error().code, ErrorCode::kTimedOut);
    for (NodeId node = 0; node < 3; ++node) world.kafka().release_answers(node);
    EXPECT_TRUE(member.client().seek(partition, kLatestOffset, deadline_in(10s)));
  });
}

}  // namespace
}  // namespace rookery::mock
