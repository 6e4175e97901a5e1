// heartbeat_test.cc
//
// The heartbeat thread over schedules and virtual time: coordination.md's liveness, and what each
// answer to a beat means.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "simulations/properties/group_world.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using Seen = GroupWorld::Seen;

constexpr std::uint64_t kSeeds = 30;
const ConfigMap kFast = {{"session.timeout.ms", "6000"},
                         {"heartbeat.interval.ms", "1000"},
                         {"max.poll.interval.ms", "60000"}};

ConfigMap with(ConfigMap config, const ConfigMap& more) {
  for (const auto& [name, value] : more) config[name] = value;
  return config;
}

bool has_error(const TestConsumer& member, const std::string& text) {
  return std::any_of(member.errors().begin(), member.errors().end(), [&](const auto& one) {
    return one.error.message.find(text) != std::string::npos;
  });
}

// Answers the first request of that type of this client in its node's stead, once.
template <class RequestType>
std::function<FilterDecision(const Seen&)> answer_once(Response response) {
  auto left = std::make_shared<int>(1);
  return [left, response](const Seen& seen) -> FilterDecision {
    if (*left == 0 || !std::holds_alternative<RequestType>(seen.request)) return PassRequest{};
    --*left;
    return response;
  };
}

TEST(Heartbeat, GoesOnWhileTheApplicationIsSilent) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(kFast);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    const TimePoint silent_from = now();
    sleep_until(deadline_in(50s));
    const TimePoint silent_to = now();
    TimePoint last = silent_from;
    int beats = 0;
    for (const auto& [seen, beat] : world.seen_of<HeartbeatRequest>()) {
      if (seen.at < silent_from) continue;
      EXPECT_LE(seen.at - last, 1200ms);  // interval + 200 ms + round trip (none here)
      last = seen.at;
      ++beats;
    }
    EXPECT_LE(silent_to - last, 1200ms);
    EXPECT_GE(beats, 41);
    member.poll(10ms);
    EXPECT_TRUE(member.revocations().empty());
    EXPECT_TRUE(world.is_settled());
  });
}

TEST(Heartbeat, LeavesForAnApplicationThatIsSilentTooLong) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(with(kFast, {{"max.poll.interval.ms", "10000"}}));
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    const std::shared_ptr<PartitionStream> stream = member.assignments().begin()->second.stream;
    const TimePoint silent_from = now();
    sleep_until(deadline_in(15s));
    const auto leaves = world.seen_of<LeaveGroupRequest>();
    ASSERT_EQ(leaves.size(), 1U);
    EXPECT_GE(leaves[0].first.at - silent_from, 10s - 1ms);
    EXPECT_LE(leaves[0].first.at - silent_from, 10s + 200ms);
    const Taken taken = stream->take(10, 1000);
    ASSERT_TRUE(taken.error);
    EXPECT_EQ(taken.error->code, ErrorCode::kRevoked);
    // It comes back with the next poll.
    ASSERT_TRUE(
        world.poll_until([&] { return world.is_settled() && !member.revocations().empty(); }));
    EXPECT_TRUE(member.revocations().front().lost);
    EXPECT_TRUE(has_error(member, "max.poll.interval.ms"));
  });
}

TEST(Heartbeat, TakesARebalanceForAGoodBeat) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& first = world.join(kFast);
    first.hands_back = false;
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    const std::size_t lookups = world.seen_of<FindCoordinatorRequest>("member-1").size();
    TestConsumer& second = world.join(kFast);
    ASSERT_TRUE(world.poll_until([&] { return !first.revocations().empty(); }));
    // Twice the session timeout before it hands back: it beats on, and stays a member.
    const TimePoint late = deadline_in(12s);
    ASSERT_TRUE(world.poll_until([&] { return now() > late; }));
    EXPECT_EQ(first.revocations().size(), 1U);
    EXPECT_FALSE(first.revocations().front().lost);
    first.hands_back = true;
    first.client().hand_back(first.revocations().front().revocation);
    ASSERT_TRUE(world.poll_until([&] {
      return world.is_settled() && !first.partitions().empty() && !second.partitions().empty();
    })) << world.describe();
    EXPECT_EQ(world.seen_of<FindCoordinatorRequest>("member-1").size(), lookups);
    EXPECT_EQ(first.revocations().size(), 1U);
  });
}

TEST(Heartbeat, KeepsItsMemberIdAfterIllegalGeneration) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(kFast);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    const std::string id = member.client().group_metadata()->member_id;
    world.set_filter(
        answer_once<HeartbeatRequest>(HeartbeatResponse{.error = ErrorCode::kIllegalGeneration}));
    ASSERT_TRUE(
        world.poll_until([&] { return !member.revocations().empty() && world.is_settled(); }));
    EXPECT_TRUE(member.revocations().front().lost);
    EXPECT_EQ(member.client().group_metadata()->member_id, id);
  });
}

TEST(Heartbeat, BeginsAnewAsAnUnknownMember) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(kFast);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    const std::string id = member.client().group_metadata()->member_id;
    world.set_filter(
        answer_once<HeartbeatRequest>(HeartbeatResponse{.error = ErrorCode::kUnknownMemberId}));
    ASSERT_TRUE(
        world.poll_until([&] { return !member.revocations().empty() && world.is_settled(); }));
    EXPECT_TRUE(member.revocations().front().lost);
    EXPECT_NE(member.client().group_metadata()->member_id, id);
  });
}

TEST(Heartbeat, StopsForGoodWhenFenced) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(with(kFast, {{"group.instance.id", "one"}}));
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    world.set_filter(
        answer_once<HeartbeatRequest>(HeartbeatResponse{.error = ErrorCode::kFencedInstanceId}));
    ASSERT_TRUE(world.poll_until([&] { return !member.revocations().empty(); }));
    EXPECT_TRUE(member.revocations().front().lost);
    ASSERT_TRUE(world.poll_until([&] { return has_error(member, "group.instance.id"); }));
    EXPECT_TRUE(member.errors().back().error.fatal);
    const std::size_t joins = world.seen_of<JoinGroupRequest>().size();
    const TimePoint later = deadline_in(30s);
    ASSERT_TRUE(world.poll_until([&] { return now() > later; }));
    EXPECT_EQ(world.seen_of<JoinGroupRequest>().size(), joins);
    const Status again = member.client().subscribe({world.topic()});
    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().fatal);
  });
}

TEST(Heartbeat, TriesAFailedBeatAgainWithinTheBackoff) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(kFast);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    world.set_filter(answer_once<HeartbeatRequest>(
        HeartbeatResponse{.error = ErrorCode::kCoordinatorLoadInProgress}));
    const TimePoint from = now();
    sleep_until(deadline_in(5s));
    const auto beats = world.seen_of<HeartbeatRequest>();
    const auto failed = std::find_if(beats.begin(), beats.end(),
                                     [&](const auto& one) { return one.first.at >= from; });
    ASSERT_NE(failed, beats.end());
    ASSERT_NE(failed + 1, beats.end());
    EXPECT_LE((failed + 1)->first.at - failed->first.at, 110ms);
    member.poll(10ms);
    EXPECT_TRUE(member.revocations().empty());
  });
}

TEST(Heartbeat, LooksItsCoordinatorUpAgainWhenItMoved) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(kFast);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    const NodeId before = world.seen_of<HeartbeatRequest>().empty()
                              ? world.seen_of<JoinGroupRequest>().back().first.node
                              : world.seen_of<HeartbeatRequest>().back().first.node;
    ASSERT_TRUE(world.kafka().stop_node(before, StopMode::kControlled));
    const TimePoint moved_at = now();
    // H does it alone: the application is silent.
    sleep_until(deadline_in(4s));
    std::vector<Seen> beats;
    for (const auto& [seen, beat] : world.seen_of<HeartbeatRequest>()) {
      if (seen.at > moved_at && seen.node != before) beats.push_back(seen);
    }
    ASSERT_GE(beats.size(), 2U);
    EXPECT_LE(beats.front().at - moved_at, 1400ms);
    member.poll(10ms);
    EXPECT_TRUE(member.revocations().empty());
  });
}

TEST(Heartbeat, LosesEverythingWhenNoBeatIsAnsweredForASession) {
  over_seeds(kSeeds, [](GroupWorld& world) {
    TestConsumer& member = world.join(kFast);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    for (NodeId node = 0; node < 3; ++node) world.kafka().hold_answers(node);
    const TimePoint cut_off = now();
    sleep_until(deadline_in(7s));
    member.poll(10ms);
    ASSERT_EQ(member.revocations().size(), 1U);
    EXPECT_TRUE(member.revocations().front().lost);
    for (NodeId node = 0; node < 3; ++node) world.kafka().release_answers(node);
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    // Its coordinator was looked up again.
    const auto lookups = world.seen_of<FindCoordinatorRequest>();
    EXPECT_GT(lookups.back().first.at, cut_off);
  });
}

}  // namespace
}  // namespace rookery::mock
