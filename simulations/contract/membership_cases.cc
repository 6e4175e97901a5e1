// membership_cases.cc
//
// Members that are not what the group thinks: static ones that come back or do not, two of one
// name, one that keeps what it should give back, one whose session ends.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

ConfigMap static_member(const std::string& instance, const std::string& session_ms = "6000") {
  return {{"group.instance.id", instance}, {"session.timeout.ms", session_ms}};
}

// Two static members that share four partitions.
struct Pair {
  std::string topic;
  std::string group;
  Member* first = nullptr;
  Member* second = nullptr;
  std::set<TopicPartition> all;
};
void join_pair(Contract& test, Pair& pair, const std::string& session_ms = "6000") {
  pair.topic = test.make_topic("orders", 4);
  pair.group = test.fresh_group();
  pair.all = test.partitions_of(pair.topic, 4);
  pair.first = &test.join(pair.group, {pair.topic}, static_member("a", session_ms));
  pair.second = &test.join(pair.group, {pair.topic}, static_member("b", session_ms));
  ASSERT_TRUE(test.pump_until([&] {
    return test.is_settled({pair.first, pair.second}, pair.all) && pair.first->owned.size() == 2 &&
           pair.second->owned.size() == 2;
  }));
}

TEST_P(Contract, AStaticMemberThatComesBackKeepsItsPartitions) {
  run([&] {
    Pair pair;
    ASSERT_NO_FATAL_FAILURE(join_pair(*this, pair));
    const std::set<TopicPartition> before = pair.first->partitions();
    const std::size_t revocations = pair.second->revoked.size();
    const std::size_t assignments = pair.second->assigned.size();
    leave(*pair.first);
    Member& again = join(pair.group, {pair.topic}, static_member("a"));
    ASSERT_TRUE(pump_until([&] { return again.owned.size() == 2; }));
    EXPECT_EQ(again.partitions(), before);
    // The other one heard nothing of it.
    EXPECT_EQ(pair.second->revoked.size(), revocations);
    EXPECT_EQ(pair.second->assigned.size(), assignments);
    EXPECT_EQ(pair.second->owned.size(), 2U);
  });
}

TEST_P(Contract, AStaticMemberThatStaysAwayIsReplacedWhenItsSessionEnds) {
  run([&] {
    Pair pair;
    ASSERT_NO_FATAL_FAILURE(join_pair(*this, pair, "3000"));
    const TimePoint before = now();
    leave(*pair.first);
    ASSERT_TRUE(pump_until([&] { return pair.second->partitions() == pair.all; }));
    // Its last heartbeat may have been one interval before.
    EXPECT_GE(now() - before, 3s - 400ms) << "it had a right to its session";
  });
}

TEST_P(Contract, AStaticMembersCommitsAreItsSuccessors) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    for (int i = 0; i < 2; ++i) produce(topic, i, 10);
    const std::string group = fresh_group();
    Member& first = join(group, {topic}, static_member("a"));
    ASSERT_TRUE(pump_until([&] { return first.records.size() == 20; }));
    first.commit_taken("static");
    ASSERT_TRUE(pump_until([&] { return first.commits.size() == 1; }));
    for (const CommitResult& result : first.commits.front().results) {
      ASSERT_TRUE(result.status) << result.status.error().text();
    }
    leave(first);
    for (int i = 0; i < 2; ++i) produce(topic, i, 5, "later");
    Member& again = join(group, {topic}, static_member("a"));
    ASSERT_TRUE(pump_until([&] { return again.records.size() == 10; }));
    for (const AssignedPartition& partition : again.assigned) {
      EXPECT_EQ(partition.committed, 10);
      EXPECT_EQ(partition.metadata, "static");
    }
    for (const Seen& record : again.records) EXPECT_GE(record.offset, 10);
  });
}

TEST_P(Contract, AnInstanceIdTakenTwiceFencesTheFirst) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    const std::string group = fresh_group();
    Member& first = join(group, {topic}, static_member("a"));
    ASSERT_TRUE(pump_until([&] { return first.owned.size() == 2; }));
    Member& second = join(group, {topic}, static_member("a"));
    const auto is_fenced = [](const Member& member) {
      return std::any_of(
          member.errors.begin(), member.errors.end(), [](const ConsumerError& error) {
            return error.error.code == ErrorCode::kFencedInstanceId && error.error.fatal;
          });
    };
    ASSERT_TRUE(pump_until([&] { return is_fenced(first) && second.owned.size() == 2; }));
    EXPECT_FALSE(is_fenced(second));
    // What it had is somebody else's.
    ASSERT_TRUE(pump_until([&] { return first.owned.empty(); }));
    EXPECT_TRUE(first.revoked.back().lost);
    leave(first);
    EXPECT_TRUE(pump_while([&] { return second.owned.size() == 2; }, 1s));
  });
}

// Eager members wait for each other no longer than max.poll.interval.ms.
TEST_P(Contract, AMemberThatNeverHandsBackIsReplaced) {
  run([&] {
    const std::string topic = make_topic("orders", 4);
    const std::string group = fresh_group();
    const auto all = partitions_of(topic, 4);
    const ConfigMap hurried = {{"session.timeout.ms", "2000"}, {"max.poll.interval.ms", "3000"}};
    Member& first = join(group, {topic}, hurried);
    ASSERT_TRUE(pump_until([&] { return first.owned.size() == 4; }));
    first.hands_back_at_once = false;
    Member& second = join(group, {topic}, hurried);
    ASSERT_TRUE(pump_until([&] { return !first.revoking.empty(); }));
    ASSERT_TRUE(pump_until([&] { return second.partitions() == all; }));
    // Its commit comes too late.
    std::vector<OffsetToCommit> offsets;
    for (const OwnedPartition& owned : first.revoking.front().partitions)
      offsets.push_back({owned.partition, owned.assignment, 7, "late"});
    first.consumer->commit(offsets);
    ASSERT_TRUE(pump_until([&] { return first.commits.size() == 1; }));
    for (const CommitResult& result : first.commits.front().results) EXPECT_FALSE(result.status);
    // As soon as it gives back, it has its part again.
    first.hands_back_at_once = true;
    ASSERT_TRUE(pump_until([&] {
      return is_settled({&first, &second}, all) && first.owned.size() == 2 &&
             second.owned.size() == 2;
    }));
  });
}

TEST_P(Contract, AStreamThatWasLostSaysSo) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 10);
    Member& member = join(fresh_group(), {topic}, {{"session.timeout.ms", "1500"}});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 10; }));
    const std::shared_ptr<PartitionStream> stream = member.owned.begin()->second.stream;
    member.takes = false;
    leg().stop_answering();
    pump_while([] { return true; }, 4s);
    leg().answer_again();
    ASSERT_TRUE(pump_until([&] { return !member.revoked.empty(); }));
    EXPECT_TRUE(member.revoked.front().lost);
    const Taken taken = stream->take(10, 1 << 20);
    EXPECT_TRUE(taken.batch.empty());
    ASSERT_TRUE(taken.error);
    EXPECT_EQ(taken.error->code, ErrorCode::kRevoked) << taken.error->text();
    // What was not committed is read again, by the new ownership's stream.
    member.takes = true;
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 20; }));
    EXPECT_NE(member.owned.begin()->second.stream, stream);
  });
}

// Its process sleeps, as a laptop's does: nobody waits for it longer than its session, and it
// learns when it wakes.
TEST_P(Contract, AFrozenMemberLosesItsPartitions) {
  run([&] {
    const std::string topic = make_topic("orders", 4);
    const auto all = partitions_of(topic, 4);
    for (int i = 0; i < 4; ++i) produce(topic, i, 10);
    const std::string group = fresh_group();
    Member& owner = join(group, {topic}, {{"session.timeout.ms", "2000"}});
    ASSERT_TRUE(pump_until([&] { return owner.partitions() == all; }));
    const std::unique_ptr<OtherMember> other = leg().start_member({group, topic, "2000"});
    ASSERT_TRUE(
        pump_until([&] { return owner.owned.size() == 2 && other->has_said("assigned 2"); }));
    other->freeze();
    const TimePoint frozen_at = now();
    ASSERT_TRUE(pump_until([&] { return owner.partitions() == all; }));
    // Its last heartbeat may have been one interval before.
    EXPECT_GE(now() - frozen_at, 2s - 400ms) << "it had a right to its session";
    ASSERT_TRUE(pump_until([&] { return owner.next.size() == 4 && owner.ends.size() == 4; }));
    owner.commits.clear();
    owner.commit_taken("owner");
    ASSERT_TRUE(pump_until([&] { return owner.commits.size() == 1; }));
    for (const CommitResult& result : owner.commits.front().results) {
      EXPECT_TRUE(result.status) << result.status.error().text();
    }
    EXPECT_THAT(other->said(), ::testing::ElementsAre("assigned 2"));
    other->order_commit();
    other->thaw();
    ASSERT_TRUE(pump_until([&] {
      return other->has_said("lost 2") && other->has_said("refused 2");
    })) << ::testing::PrintToString(other->said());
    // It joins again, and gets its part.
    ASSERT_TRUE(pump_until([&] {
      const std::vector<std::string> said = other->said();
      return owner.owned.size() == 2 && std::count(said.begin(), said.end(), "assigned 2") == 2;
    })) << ::testing::PrintToString(other->said());
    EXPECT_FALSE(other->has_said("revoked 2"));
    EXPECT_FALSE(other->has_said("committed 2"));
    const auto committed =
        owner.consumer->committed({all.begin(), all.end()}, deadline_in(kPatience));
    ASSERT_TRUE(committed) << committed.error().text();
    for (const CommittedOffset& offset : *committed) {
      EXPECT_EQ(offset.offset, 10);
      EXPECT_EQ(offset.metadata, "owner");
    }
  });
}

// Nobody says goodbye for a group whose members' connections are all cut: it is gone when their
// sessions are over, and its offsets stay.
TEST_P(Contract, TheNextMemberNeedNotWaitForALostOne) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    for (int i = 0; i < 2; ++i) produce(topic, i, 10);
    const std::string group = fresh_group();
    Member& first = join(group, {topic}, {{"session.timeout.ms", "2000"}});
    ASSERT_TRUE(pump_until([&] { return first.records.size() == 20; }));
    first.commit_taken("first");
    ASSERT_TRUE(pump_until([&] { return first.commits.size() == 1; }));
    leg().stop_answering();
    first.owned.clear();
    EXPECT_TRUE(first.consumer->close(deadline_in(500ms)).timed_out());
    leg().answer_again();
    Member& second = join(group, {topic}, {{"session.timeout.ms", "2000"}});
    ASSERT_TRUE(pump_until([&] { return second.owned.size() == 2; }));
    for (const AssignedPartition& partition : second.assigned) {
      EXPECT_EQ(partition.committed, 10);
      EXPECT_EQ(partition.metadata, "first");
    }
  });
}

}  // namespace
}  // namespace rookery::contract
