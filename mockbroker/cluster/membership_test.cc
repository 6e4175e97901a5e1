// membership_test.cc
//
// The classic group protocol, as the coordinator answers it.
#include "mockbroker/cluster/test_member.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class MembershipTest : public testing::Test {
 protected:
  explicit MembershipTest(const ClusterOptions& options = {}) : test(options) {
    test.create("orders", 4);
  }

  GroupDescription group() const { return test.cluster.inspect().group(kGroup); }

  TestCluster test;
  TestMember a{test, "a"};
  TestMember b{test, "b"};
};

TEST_F(MembershipTest, ANewMemberIsGivenAnIdFirst) {
  const auto refused = test.reply<JoinGroupResponse>(a.send_join());
  EXPECT_EQ(refused.error, ErrorCode::kMemberIdRequired);
  EXPECT_EQ(refused.member_id, "a-1");
  EXPECT_EQ(group().pending, 1U);
  a.id = refused.member_id;
  const auto joined = a.joined(a.send_join());
  EXPECT_EQ(joined.error, std::nullopt);
  EXPECT_EQ(joined.generation, 1);
  EXPECT_EQ(joined.leader, "a-1");
  EXPECT_EQ(joined.protocol, "range");
  ASSERT_EQ(joined.members.size(), 1U);
  EXPECT_THAT(joined.members[0].subscription.topics, ElementsAre("orders"));
  EXPECT_EQ(group().state, GroupState::kCompletingRebalance);
}

TEST_F(MembershipTest, AnIdNotUsedIsForgotten) {
  a.id = test.reply<JoinGroupResponse>(a.send_join()).member_id;
  test.pass(10s);
  EXPECT_EQ(group().pending, 0U);
  EXPECT_EQ(test.reply<JoinGroupResponse>(a.send_join()).error, ErrorCode::kUnknownMemberId);
}

TEST_F(MembershipTest, RefusesWhatKafkaRefuses) {
  settle({&a});
  struct Case {
    const char* what;
    JoinGroupRequest request;
    ErrorCode error;
  };
  std::vector<Case> cases;
  const auto add = [&](const char* what, ErrorCode error, auto change) {
    JoinGroupRequest request = b.join_request();
    change(request);
    cases.push_back({what, request, error});
  };
  add("no group", ErrorCode::kInvalidGroupId, [](auto& r) { r.group.clear(); });
  add("short session", ErrorCode::kInvalidSessionTimeout,
      [](auto& r) { r.session_timeout = 5'999ms; });
  add("long session", ErrorCode::kInvalidSessionTimeout,
      [](auto& r) { r.session_timeout = 1'800'001ms; });
  add("unknown member", ErrorCode::kUnknownMemberId, [](auto& r) { r.member_id = "b-7"; });
  add("unknown group with an id", ErrorCode::kUnknownMemberId, [](auto& r) {
    r.group = "other";
    r.member_id = "b-7";
  });
  add("other type", ErrorCode::kInconsistentGroupProtocol,
      [](auto& r) { r.protocol_type = "connect"; });
  add("no common protocol", ErrorCode::kInconsistentGroupProtocol,
      [](auto& r) { r.protocols[0].name = "roundrobin"; });
  add("no protocol", ErrorCode::kInconsistentGroupProtocol, [](auto& r) { r.protocols.clear(); });
  add("unknown instance", ErrorCode::kUnknownMemberId, [&](auto& r) {
    r.member_id = a.id;
    r.group_instance_id = "i";
  });
  for (const Case& c : cases) {
    EXPECT_EQ(test.ask<JoinGroupResponse>(0, c.request).error, c.error) << c.what;
  }
  EXPECT_EQ(group().state, GroupState::kStable);
  EXPECT_EQ(group().members.size(), 1U);
}

TEST_F(MembershipTest, TwoMembersShareAGeneration) {
  settle({&a, &b});
  EXPECT_EQ(a.generation, 2);
  EXPECT_EQ(b.generation, 2);
  EXPECT_EQ(a.heartbeat(), std::nullopt);
  EXPECT_EQ(b.heartbeat(), std::nullopt);
}

TEST_F(MembershipTest, OnlyTheLeaderIsToldTheMembers) {
  settle({&a, &b});
  const ReplyTo join_a = a.send_join();  // a leader that joins again brings a rebalance
  EXPECT_EQ(group().state, GroupState::kPreparingRebalance);
  const ReplyTo join_b = b.send_join();
  EXPECT_EQ(a.joined(join_a).members.size(), 2U);
  EXPECT_THAT(b.joined(join_b).members, IsEmpty());
}

TEST_F(MembershipTest, AFollowerThatJoinsAgainUnchangedGetsWhatThereIs) {
  settle({&a, &b});
  TestMember& follower = group().leader == a.id ? b : a;
  const auto again = test.reply<JoinGroupResponse>(follower.send_join());
  EXPECT_EQ(again.generation, 2);
  EXPECT_EQ(group().state, GroupState::kStable);
  follower.topics = {"orders", "refunds"};
  const ReplyTo changed = follower.send_join();
  EXPECT_FALSE(test.is_answered(changed));
  EXPECT_EQ(group().state, GroupState::kPreparingRebalance);
}

TEST_F(MembershipTest, ARepeatedJoinWhileTheLeaderAssignsGetsTheSameAnswer) {
  settle({&a, &b});
  const ReplyTo join_a = a.send_join();
  b.joined(b.send_join());
  a.joined(join_a);
  ASSERT_EQ(group().state, GroupState::kCompletingRebalance);
  EXPECT_EQ(b.joined(b.send_join()).generation, 3);
  EXPECT_EQ(a.joined(a.send_join()).members.size(), 2U);
  EXPECT_EQ(group().state, GroupState::kCompletingRebalance);
  // Changed, it begins another round, and who waits for an assignment must join again.
  const ReplyTo sync_a = b.send_sync();
  a.topics = {"refunds"};
  a.send_join();
  EXPECT_EQ(test.reply<SyncGroupResponse>(sync_a).error, ErrorCode::kRebalanceInProgress);
}

TEST_F(MembershipTest, PicksWhatMostPrefer) {
  a.protocols = {"range", "roundrobin"};
  b.protocols = {"roundrobin", "range"};
  TestMember c{test, "c"};
  c.protocols = {"sticky", "roundrobin"};
  settle({&a, &b, &c});
  EXPECT_EQ(group().protocol, "roundrobin");
}

TEST_F(MembershipTest, HeartbeatTellsOfARebalance) {
  settle({&a});
  const ReplyTo join_b = b.join();
  EXPECT_FALSE(test.is_answered(join_b));
  EXPECT_EQ(a.heartbeat(), ErrorCode::kRebalanceInProgress);
  const ReplyTo join_a = a.send_join();
  EXPECT_EQ(a.joined(join_a).generation, 2);
  EXPECT_EQ(b.joined(join_b).generation, 2);
  EXPECT_EQ(a.heartbeat(), std::nullopt);  // the assignment is awaited
}

TEST_F(MembershipTest, KnowsWhoIsWho) {
  EXPECT_EQ(a.heartbeat(), ErrorCode::kUnknownMemberId);  // no such group
  EXPECT_EQ(a.leave(), ErrorCode::kUnknownMemberId);
  settle({&a});
  TestMember stale = a;
  stale.generation = 7;
  EXPECT_EQ(stale.heartbeat(), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(test.reply<SyncGroupResponse>(stale.send_sync()).error, ErrorCode::kIllegalGeneration);
  TestMember stranger = a;
  stranger.id = "x-1";
  EXPECT_EQ(stranger.heartbeat(), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(stranger.leave(), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(test.reply<SyncGroupResponse>(stranger.send_sync()).error, ErrorCode::kUnknownMemberId);
  stranger.group.clear();
  EXPECT_EQ(stranger.heartbeat(), ErrorCode::kInvalidGroupId);
}

TEST_F(MembershipTest, ASyncInAStableGroupIsAnsweredAgain) {
  settle({&a});
  const auto again = test.reply<SyncGroupResponse>(a.send_sync());
  EXPECT_EQ(again.error, std::nullopt);
  EXPECT_THAT(again.assignment, ElementsAre(TopicPartition{"orders", 0}));
}

TEST_F(MembershipTest, SilenceEndsASession) {
  settle({&a, &b});
  test.pass(9'999ms);
  EXPECT_EQ(a.heartbeat(), std::nullopt);
  test.pass(1ms);
  EXPECT_EQ(b.heartbeat(), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(a.heartbeat(), ErrorCode::kRebalanceInProgress);
  EXPECT_EQ(a.joined(a.send_join()).generation, 3);
}

TEST_F(MembershipTest, AMemberThatWaitsForItsAnswerIsNotSilent) {
  settle({&a});
  const ReplyTo join_b = b.join();
  for (int i = 0; i < 4; ++i) {
    test.pass(9s);
    EXPECT_EQ(a.heartbeat(), ErrorCode::kRebalanceInProgress);
  }
  EXPECT_FALSE(test.is_answered(join_b));
  a.joined(a.send_join());
  b.joined(join_b);
  const ReplyTo sync = group().leader == a.id ? b.send_sync() : a.send_sync();
  TestMember& leader = group().leader == a.id ? a : b;
  for (int i = 0; i < 3; ++i) {
    test.pass(9s);
    EXPECT_EQ(leader.heartbeat(), std::nullopt);
  }
  EXPECT_FALSE(test.is_answered(sync));
  EXPECT_EQ(group().members.size(), 2U);
}

TEST_F(MembershipTest, WhoDoesNotRejoinInTimeIsRemoved) {
  settle({&a});
  const ReplyTo join_b = b.join();
  for (int i = 0; i < 7; ++i) {  // beats, but does not join
    test.pass(8s);
    a.heartbeat();
  }
  EXPECT_FALSE(test.is_answered(join_b));
  test.pass(4s);
  const auto joined = b.joined(join_b);
  EXPECT_EQ(joined.generation, 2);
  EXPECT_EQ(joined.leader, b.id);
  EXPECT_EQ(a.heartbeat(), ErrorCode::kUnknownMemberId);
}

TEST_F(MembershipTest, WhoDoesNotSyncInTimeIsRemoved) {
  settle({&a, &b});
  TestMember& leader = group().leader == a.id ? a : b;
  TestMember& follower = group().leader == a.id ? b : a;
  const ReplyTo join = leader.send_join();
  follower.joined(follower.send_join());
  leader.joined(join);
  const ReplyTo sync = follower.send_sync();
  for (int i = 0; i < 7; ++i) {  // the leader beats, but does not assign
    test.pass(8s);
    leader.heartbeat();
  }
  test.pass(4s);
  EXPECT_EQ(test.reply<SyncGroupResponse>(sync).error, ErrorCode::kRebalanceInProgress);
  EXPECT_EQ(leader.heartbeat(), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(follower.joined(follower.send_join()).leader, follower.id);
}

TEST_F(MembershipTest, AnIdGivenOutHoldsTheRebalanceUpUntilItIsForgotten) {
  settle({&a});
  b.id = test.reply<JoinGroupResponse>(b.send_join()).member_id;
  EXPECT_EQ(group().state, GroupState::kStable);
  const ReplyTo join_a = a.send_join();
  EXPECT_FALSE(test.is_answered(join_a));
  test.pass(10s);
  EXPECT_EQ(a.joined(join_a).generation, 2);
}

TEST_F(MembershipTest, LeavingBringsARebalanceAtOnce) {
  settle({&a, &b});
  EXPECT_EQ(b.leave(), std::nullopt);
  EXPECT_EQ(b.heartbeat(), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(a.heartbeat(), ErrorCode::kRebalanceInProgress);
  a.joined(a.send_join());
  EXPECT_EQ(a.leave(), std::nullopt);
  EXPECT_EQ(group().state, GroupState::kEmpty);
  EXPECT_EQ(group().generation, 4);
}

TEST_F(MembershipTest, LeavingAnswersWhatTheMemberWaitsFor) {
  settle({&a, &b});
  TestMember c{test, "c"};
  const ReplyTo join = c.join();
  EXPECT_EQ(c.leave(), std::nullopt);
  EXPECT_EQ(test.reply<JoinGroupResponse>(join).error, ErrorCode::kUnknownMemberId);
}

TEST_F(MembershipTest, AConnectionThatVanishesRemovesNobody) {
  settle({&a});
  const ReplyTo join_b = b.join();
  test.cluster.forget(join_b);
  EXPECT_EQ(group().members.size(), 2U);
  const ReplyTo again = b.send_join();
  a.joined(a.send_join());
  EXPECT_EQ(b.joined(again).generation, 2);
}

class InitialDelayTest : public MembershipTest {
 protected:
  InitialDelayTest() : MembershipTest({.group_initial_rebalance_delay = 3s}) {}
};

TEST_F(InitialDelayTest, WaitsForMoreMembersAsLongAsTheyCome) {
  const ReplyTo join_a = a.join();
  test.pass(2s);
  const ReplyTo join_b = b.join();
  test.pass(3'999ms);
  EXPECT_FALSE(test.is_answered(join_a));
  test.pass(1ms);
  EXPECT_EQ(a.joined(join_a).generation, 1);
  EXPECT_EQ(b.joined(join_b).generation, 1);
  EXPECT_EQ(group().members.size(), 2U);
}

TEST_F(InitialDelayTest, EndsWithTheRebalanceTimeout) {
  a.rebalance_timeout = 4s;
  const ReplyTo join_a = a.join();
  test.pass(2s);
  b.rebalance_timeout = 4s;
  b.join();
  test.pass(1'999ms);
  EXPECT_FALSE(test.is_answered(join_a));
  test.pass(1ms);
  EXPECT_TRUE(test.is_answered(join_a));
}

TEST_F(MembershipTest, AStaticMemberComesBackWithoutARebalance) {
  a.instance_id = "one";
  settle({&a, &b});
  const std::string old_id = a.id;
  const std::string leader = group().leader;
  TestMember again{test, "a"};
  again.instance_id = "one";
  const auto joined = again.joined(again.join());
  EXPECT_EQ(joined.generation, a.generation);
  EXPECT_NE(joined.member_id, old_id);
  EXPECT_EQ(joined.leader, leader);  // the former id even if that was its own: it shall not assign
  EXPECT_EQ(group().state, GroupState::kStable);
  const auto synced = test.reply<SyncGroupResponse>(again.send_sync());
  EXPECT_THAT(synced.assignment, ElementsAre(TopicPartition{"orders", 0}));
  EXPECT_EQ(a.heartbeat(), ErrorCode::kFencedInstanceId);
  EXPECT_EQ(a.commit(3), ErrorCode::kFencedInstanceId);
  EXPECT_EQ(test.reply<JoinGroupResponse>(a.send_join()).error, ErrorCode::kFencedInstanceId);
  EXPECT_EQ(a.leave(), ErrorCode::kFencedInstanceId);
  EXPECT_EQ(again.heartbeat(), std::nullopt);
}

TEST_F(MembershipTest, AStaticMemberThatSpeaksAnotherProtocolBringsARebalance) {
  a.instance_id = "one";
  a.protocols = {"range", "roundrobin"};
  settle({&a});
  TestMember again{test, "a"};
  again.instance_id = "one";
  again.protocols = {"sticky"};
  EXPECT_EQ(again.joined(again.join()).error, ErrorCode::kInconsistentGroupProtocol);
  again.protocols = {"roundrobin"};
  const auto joined = again.joined(again.join());
  EXPECT_EQ(joined.generation, 2);
  EXPECT_EQ(joined.protocol, "roundrobin");
}

TEST_F(MembershipTest, AStaticMemberThatIsAwayKeepsItsPlaceUntilItMissesItsAssignment) {
  a.instance_id = "one";
  a.rebalance_timeout = b.rebalance_timeout = 4s;
  settle({&a, &b});
  test.pass(3s);
  b.topics = {"orders", "refunds"};
  const ReplyTo join_b = b.send_join();
  test.pass(4s);  // the rebalance goes on without it, but it stays a member
  EXPECT_EQ(b.joined(join_b).generation, 3);
  EXPECT_EQ(b.joined(join_b).leader, b.id);
  EXPECT_EQ(b.joined(join_b).members.size(), 2U);
  EXPECT_EQ(group().members.size(), 2U);
  b.send_sync();
  EXPECT_EQ(b.heartbeat(), std::nullopt);
  test.pass(4s);  // it did not come for its assignment
  EXPECT_EQ(group().members.size(), 1U);
  EXPECT_EQ(b.heartbeat(), ErrorCode::kRebalanceInProgress);
}

TEST_F(MembershipTest, AStaticMemberLeavesByItsName) {
  a.instance_id = "one";
  settle({&a});
  TestMember admin = a;
  admin.id.clear();
  EXPECT_EQ(admin.leave(), std::nullopt);
  EXPECT_EQ(group().state, GroupState::kEmpty);
  EXPECT_EQ(admin.leave(), ErrorCode::kUnknownMemberId);
}

TEST_F(MembershipTest, ANewIncarnationFencesTheOldOneThatWaits) {
  a.instance_id = "one";
  settle({&a, &b});
  b.topics = {"orders", "refunds"};
  b.send_join();
  const ReplyTo old_join = a.send_join();  // completes the join
  a.joined(old_join);
  const ReplyTo old_sync = group().leader == a.id ? ReplyTo{0} : a.send_sync();
  TestMember again{test, "a"};
  again.instance_id = "one";
  const ReplyTo join = again.join();
  EXPECT_FALSE(test.is_answered(join));
  EXPECT_EQ(group().state, GroupState::kPreparingRebalance);
  if (old_sync != 0) {
    EXPECT_EQ(test.reply<SyncGroupResponse>(old_sync).error, ErrorCode::kFencedInstanceId);
  }
  b.joined(b.send_join());
  EXPECT_EQ(again.joined(join).generation, b.generation);
}

}  // namespace
}  // namespace rookery::mock
