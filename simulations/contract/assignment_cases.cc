// assignment_cases.cc
//
// Who owns which partitions: joining, leaving, handing back, eager and cooperative.
#include <algorithm>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

const ConfigMap kCooperative = {{"partition.assignment.strategy", "cooperative-sticky"}};

TEST_P(Contract, OneMemberGetsEveryPartition) {
  run([&] {
    const std::string topic = make_topic("orders", 4);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 4; }));
    EXPECT_EQ(member.partitions(), partitions_of(topic, 4));
    for (const auto& [partition, entry] : member.owned) {
      ASSERT_NE(entry.stream, nullptr);
      EXPECT_EQ(entry.stream->topic_partition(), partition);
      EXPECT_EQ(entry.stream->assignment(), entry.assignment);
      EXPECT_EQ(entry.committed, std::nullopt);
      EXPECT_EQ(entry.metadata, "");
    }
  });
}

// A group of this size settles with all partitions owned once, and their owners read every record
// once.
void settles(Contract& test, int size, const ConfigMap& config) {
  constexpr int kPartitions = 6;
  const std::string topic = test.make_topic("orders", kPartitions);
  const std::string group = test.fresh_group();
  std::vector<Member*> members;
  for (int i = 0; i < size; ++i) members.push_back(&test.join(group, {topic}, config));
  const auto all = test.partitions_of(topic, kPartitions);
  ASSERT_TRUE(test.pump_until([&] {
    return test.is_settled(members, all) &&
           std::none_of(members.begin(), members.end(),
                        [](const Member* member) { return member->owned.empty(); });
  }));
  for (int i = 0; i < kPartitions; ++i) test.produce(topic, i, 10);
  ASSERT_TRUE(test.pump_until([&] {
    std::size_t count = 0;
    for (const Member* member : members) count += member->records.size();
    return count >= std::size_t{10} * kPartitions;
  }));
  std::set<std::pair<TopicPartition, Offset>> distinct;
  for (const Member* member : members) {
    for (const Seen& record : member->records) {
      EXPECT_TRUE(member->owned.contains(record.partition)) << record.partition.text();
      EXPECT_TRUE(distinct.insert({record.partition, record.offset}).second)
          << record.partition.text();
    }
  }
  EXPECT_EQ(distinct.size(), std::size_t{10} * kPartitions);
}

TEST_P(Contract, TwoMembersShareEagerly) {
  run([&] { settles(*this, 2, {}); });
}
TEST_P(Contract, ThreeMembersShareEagerly) {
  run([&] { settles(*this, 3, {}); });
}
TEST_P(Contract, FourMembersShareEagerly) {
  run([&] { settles(*this, 4, {}); });
}
TEST_P(Contract, TwoMembersShareCooperatively) {
  run([&] { settles(*this, 2, kCooperative); });
}
TEST_P(Contract, ThreeMembersShareCooperatively) {
  run([&] { settles(*this, 3, kCooperative); });
}
TEST_P(Contract, FourMembersShareCooperatively) {
  run([&] { settles(*this, 4, kCooperative); });
}

TEST_P(Contract, AMemberThatLeavesIsReplaced) {
  run([&] {
    const std::string topic = make_topic("orders", 4);
    const std::string group = fresh_group();
    Member& first = join(group, {topic});
    Member& second = join(group, {topic});
    const auto all = partitions_of(topic, 4);
    ASSERT_TRUE(pump_until([&] {
      return is_settled({&first, &second}, all) && !first.owned.empty() && !second.owned.empty();
    }));
    leave(second);
    // It left in order: nobody waits for its session to end.
    ASSERT_TRUE(pump_until([&] { return first.partitions() == all; }, 5s));
  });
}

TEST_P(Contract, EagerMembersGiveEverythingUpFirst) {
  run([&] {
    const std::string topic = make_topic("orders", 4);
    const std::string group = fresh_group();
    Member& first = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return first.owned.size() == 4; }));
    std::map<TopicPartition, AssignmentId> before;
    for (const auto& [partition, entry] : first.owned) before[partition] = entry.assignment;
    Member& second = join(group, {topic});
    ASSERT_TRUE(pump_until([&] {
      return is_settled({&first, &second}, partitions_of(topic, 4)) && !second.owned.empty();
    }));
    ASSERT_EQ(first.revoked.size(), 1U);
    EXPECT_EQ(first.revoked.front().partitions.size(), 4U);
    EXPECT_FALSE(first.revoked.front().lost);
    // What came back came as a new ownership.
    for (const auto& [partition, entry] : first.owned)
      EXPECT_GT(entry.assignment, before.at(partition));
  });
}

TEST_P(Contract, CooperativeMembersKeepWhatStays) {
  run([&] {
    const std::string topic = make_topic("orders", 4);
    const std::string group = fresh_group();
    Member& first = join(group, {topic}, kCooperative);
    ASSERT_TRUE(pump_until([&] { return first.owned.size() == 4; }));
    std::map<TopicPartition, AssignmentId> before;
    for (const auto& [partition, entry] : first.owned) before[partition] = entry.assignment;
    Member& second = join(group, {topic}, kCooperative);
    ASSERT_TRUE(pump_until([&] { return first.owned.size() == 2 && second.owned.size() == 2; }));
    ASSERT_EQ(first.revoked.size(), 1U);
    EXPECT_EQ(first.revoked.front().partitions.size(), 2U);
    EXPECT_FALSE(first.revoked.front().lost);
    for (const auto& [partition, entry] : first.owned)
      EXPECT_EQ(entry.assignment, before.at(partition));
    // The kept streams go on.
    for (const auto& [partition, entry] : first.owned) produce(topic, partition.partition, 5);
    EXPECT_TRUE(pump_until([&] { return first.records.size() == 10; }));
  });
}

TEST_P(Contract, AMemberTooManyGetsNothing) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string group = fresh_group();
    Member& first = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return first.owned.size() == 1; }));
    Member& second = join(group, {topic});
    // The rebalance is over when the first was asked once and somebody owns the partition again;
    // Assigned is never empty (checked at each event).
    ASSERT_TRUE(pump_until([&] {
      return first.revoked.size() + second.revoked.size() >= 1 &&
             is_settled({&first, &second}, partitions_of(topic, 1));
    }));
    EXPECT_EQ(first.owned.size() + second.owned.size(), 1U);
  });
}

void late_hand_back(Contract& test, const ConfigMap& config) {
  const std::string topic = test.make_topic("orders", 2);
  const std::string group = test.fresh_group();
  for (int i = 0; i < 2; ++i) test.produce(topic, i, 20);
  Member& first = test.join(group, {topic}, config);
  ASSERT_TRUE(test.pump_until([&] { return first.records.size() == 40; }));
  first.hands_back_at_once = false;
  first.takes = false;
  Member& second = test.join(group, {topic}, config);
  ASSERT_TRUE(test.pump_until([&] { return !first.revoking.empty(); }));
  // The old owner goes on polling and keeps what it was asked for; the new one waits.
  const std::vector<OwnedPartition> asked = first.revoking.front().partitions;
  EXPECT_TRUE(test.pump_while(
      [&] {
        return std::none_of(asked.begin(), asked.end(), [&](const OwnedPartition& partition) {
          return second.owned.contains(partition.partition);
        });
      },
      2s));
  // Its last commit still counts.
  std::vector<OffsetToCommit> offsets;
  for (const OwnedPartition& owned : asked) {
    offsets.push_back({owned.partition, owned.assignment, first.next[owned.partition], "late"});
  }
  first.consumer->commit(std::move(offsets));
  ASSERT_TRUE(test.pump_until([&] { return first.commits.size() == 1; }));
  for (const CommitResult& result : first.commits.back().results) {
    EXPECT_TRUE(result.status) << result.status.error().text();
  }
  first.takes = true;
  first.hands_back_at_once = true;
  ASSERT_TRUE(test.pump_until([&] {
    return test.is_settled({&first, &second}, test.partitions_of(topic, 2)) &&
           !second.owned.empty();
  }));
  for (const auto& [partition, entry] : second.owned) {
    EXPECT_EQ(entry.committed, 20) << partition.text();
    EXPECT_EQ(entry.metadata, "late");
  }
  EXPECT_TRUE(second.records.empty());
}

TEST_P(Contract, ALateHandBackLosesNothingEagerly) {
  run([&] { late_hand_back(*this, {}); });
}

TEST_P(Contract, ALateHandBackLosesNothingCooperatively) {
  run([&] { late_hand_back(*this, kCooperative); });
}

TEST_P(Contract, SteadyCommitsSurviveCooperativeRebalances) {
  run([&] {
    const std::string topic = make_topic("orders", 6);
    const std::string group = fresh_group();
    for (int i = 0; i < 6; ++i) produce(topic, i, 50);
    std::vector<Member*> members = {&join(group, {topic}, kCooperative)};
    ASSERT_TRUE(pump_until([&] { return members[0]->records.size() == 300; }));
    const auto all = partitions_of(topic, 6);
    // A commit is on its way at every moment of four rebalances.
    std::size_t sent = 0;
    const auto committing = [&](const std::function<bool()>& predicate) {
      return pump_until([&] {
        for (Member* member : members) {
          if (member->owned.empty() || member->consumer == nullptr) continue;
          member->commit_taken();
          ++sent;
        }
        return predicate();
      });
    };
    const auto everybody_has_some = [&] {
      return is_settled(members, all) &&
             std::all_of(members.begin(), members.end(),
                         [](Member* member) { return !member->owned.empty(); });
    };
    for (int i = 0; i < 2; ++i) {
      members.push_back(&join(group, {topic}, kCooperative));
      ASSERT_TRUE(committing(everybody_has_some));
    }
    for (int i = 0; i < 2; ++i) {
      Member* leaving = members.back();
      members.pop_back();
      leave(*leaving);
      ASSERT_TRUE(committing(everybody_has_some));
    }
    ASSERT_TRUE(pump_until([&] { return members[0]->commits.size() >= 1; }));
    EXPECT_GT(sent, 20U);
    for (Member* member : members) {
      for (const Revoking& revocation : member->revoked) EXPECT_FALSE(revocation.lost);
      for (const CommitDone& done : member->commits) {
        for (const CommitResult& result : done.results) {
          EXPECT_TRUE(result.status || result.status.error().code == ErrorCode::kRevoked)
              << result.status.error().text();
        }
      }
    }
  });
}

TEST_P(Contract, AMemberCutOffLosesItsPartitions) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    Member& member = join(fresh_group(), {topic}, {{"session.timeout.ms", "1500"}});
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 2; }));
    std::vector<OffsetToCommit> offsets;
    for (const auto& [partition, entry] : member.owned)
      offsets.push_back({partition, entry.assignment, 0, ""});
    member.hands_back_at_once = false;
    leg().stop_answering();
    pump_while([] { return true; }, 4s);
    leg().answer_again();
    ASSERT_TRUE(pump_until([&] { return !member.revoking.empty(); }));
    EXPECT_TRUE(member.revoking.front().lost);
    // They may be somebody else's: a commit is refused.
    member.consumer->commit(offsets);
    ASSERT_TRUE(pump_until([&] { return member.commits.size() == 1; }));
    for (const CommitResult& result : member.commits.front().results) EXPECT_FALSE(result.status);
    member.hands_back_at_once = true;
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 2; }));
  });
}

TEST_P(Contract, APatternFindsItsTopics) {
  run([&] {
    const std::string prefix = leg().fresh_name("pattern");
    const std::vector<Status> made = admin().create_topics(
        {{.name = prefix + ".a"}, {.name = prefix + ".b"}}, deadline_in(kPatience));
    ASSERT_TRUE(made[0] && made[1]);
    for (const char* suffix : {".a", ".b"}) leg().await_topic(prefix + suffix, 1);
    make_topic("other", 1);
    Member& member = join(fresh_group(), {"^" + prefix + "\\..*"});
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 2; }));
    const std::set<TopicPartition> both = {{prefix + ".a", 0}, {prefix + ".b", 0}};
    EXPECT_EQ(member.partitions(), both);
  });
}

TEST_P(Contract, ATopicThatAppearsLaterIsAssigned) {
  run([&] {
    const std::string prefix = leg().fresh_name("later");
    ASSERT_TRUE(admin().create_topics({{.name = prefix + ".a"}}, deadline_in(kPatience)).front());
    leg().await_topic(prefix + ".a", 1);
    Member& member = join(fresh_group(), {"^" + prefix + "\\..*"});
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 1; }));
    ASSERT_TRUE(admin().create_topics({{.name = prefix + ".b"}}, deadline_in(kPatience)).front());
    EXPECT_TRUE(pump_until([&] { return member.owned.size() == 2; }));
  });
}

TEST_P(Contract, DirectAssignmentStartsWhereItIsTold) {
  run([&] {
    const std::string topic = make_topic("orders", 3);
    for (int i = 0; i < 3; ++i) produce(topic, i, 10);
    Member& member =
        assigned({{{topic, 0}, 4}, {{topic, 1}, kEarliestOffset}, {{topic, 2}, kLatestOffset}});
    ASSERT_TRUE(pump_until([&] { return member.ends.size() == 3; }));
    EXPECT_EQ(member.owned.size(), 3U);
    EXPECT_EQ(member.records_of({topic, 0}).size(), 6U);
    EXPECT_EQ(member.records_of({topic, 0}).front().offset, 4);
    EXPECT_EQ(member.records_of({topic, 1}).size(), 10U);
    EXPECT_EQ(member.records_of({topic, 2}).size(), 0U);
    for (const AssignedPartition& partition : member.assigned)
      EXPECT_EQ(partition.committed, std::nullopt);
    const Status subscribed = member.consumer->subscribe({topic});
    ASSERT_FALSE(subscribed);
    EXPECT_EQ(subscribed.error().code, ErrorCode::kState);
  });
}

TEST_P(Contract, ADirectlyAssignedConsumerCommits) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 10);
    Member& member = assigned({{{topic, 0}, kEarliestOffset}});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 10; }));
    member.commit_taken("direct");
    ASSERT_TRUE(pump_until([&] { return member.commits.size() == 1; }));
    ASSERT_TRUE(member.commits.front().results.front().status);
    const auto committed = member.consumer->committed({{topic, 0}}, deadline_in(kPatience));
    ASSERT_TRUE(committed) << committed.error().text();
    EXPECT_EQ(committed->front().offset, 10);
    EXPECT_EQ(committed->front().metadata, "direct");
  });
}

TEST_P(Contract, AnotherDirectAssignmentReplacesTheFirst) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    for (int i = 0; i < 2; ++i) produce(topic, i, 3);
    Member& member = assigned({{{topic, 0}, kEarliestOffset}});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 3; }));
    const auto old = member.owned.at({topic, 0}).stream;
    member.owned.clear();
    ASSERT_TRUE(member.consumer->assign({{{topic, 1}, kEarliestOffset}}));
    ASSERT_TRUE(pump_until([&] { return member.records_of({topic, 1}).size() == 3; }));
    const Taken taken = old->take(10, 1000);
    ASSERT_TRUE(taken.error);
    EXPECT_EQ(taken.error->code, ErrorCode::kRevoked);
  });
}

}  // namespace
}  // namespace rookery::contract
