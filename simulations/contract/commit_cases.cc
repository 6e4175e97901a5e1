// commit_cases.cc
//
// Committed offsets and their metadata, who may commit, seeking and positions.
#include <algorithm>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

// A member that has read the ten records of a topic with one partition.
Member& reader(Contract& test, const std::string& topic, const std::string& group) {
  Member& member = test.join(group, {topic});
  EXPECT_TRUE(test.pump_until([&] { return member.records.size() == 10; }));
  return member;
}

// The status of the only result of a commit of this one offset.
Status commit_one(Contract& test, Member& member, const OffsetToCommit& offset) {
  const std::size_t before = member.commits.size();
  const CommitId id = member.consumer->commit({offset});
  EXPECT_TRUE(test.pump_until([&] { return member.commits.size() > before; }));
  if (member.commits.size() <= before) return fail(ErrorCode::kUnknown, "no CommitDone");
  const CommitDone& done = member.commits.back();
  EXPECT_EQ(done.commit, id);
  EXPECT_EQ(done.results.size(), 1U);
  EXPECT_EQ(done.results.front().partition, offset.partition);
  EXPECT_EQ(done.results.front().assignment, offset.assignment);
  EXPECT_EQ(done.results.front().offset, offset.offset);
  return done.results.front().status;
}

CommittedOffset committed_of(Member& member, const TopicPartition& partition) {
  const auto answer = member.consumer->committed({partition}, deadline_in(kPatience));
  EXPECT_TRUE(answer) << answer.error().text();
  return answer ? answer->front() : CommittedOffset{};
}

std::string all_bytes(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i % 127 + 1);
  return text;
}

TEST_P(Contract, NothingCommittedIsNone) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 1; }));
    const CommittedOffset committed = committed_of(member, {topic, 0});
    EXPECT_EQ(committed.partition, (TopicPartition{topic, 0}));
    EXPECT_EQ(committed.offset, std::nullopt);
    EXPECT_EQ(committed.metadata, "");
  });
}

TEST_P(Contract, CommitsAreReadBack) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 10);
    Member& member = reader(*this, topic, fresh_group());
    const AssignmentId assignment = member.owned.at(partition).assignment;
    EXPECT_TRUE(commit_one(*this, member, {partition, assignment, 3, "three"}));
    EXPECT_EQ(committed_of(member, partition).offset, 3);
    EXPECT_EQ(committed_of(member, partition).metadata, "three");
    // Also back, and without metadata.
    EXPECT_TRUE(commit_one(*this, member, {partition, assignment, 0, ""}));
    EXPECT_EQ(committed_of(member, partition).offset, 0);
    EXPECT_EQ(committed_of(member, partition).metadata, "");
  });
}

TEST_P(Contract, MetadataIsKeptByteForByte) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 10);
    const std::string group = fresh_group();
    Member& member = reader(*this, topic, group);
    const AssignmentId assignment = member.owned.at(partition).assignment;
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{127}, std::size_t{4095}, std::size_t{4096}}) {
      const std::string metadata = all_bytes(size);
      EXPECT_TRUE(commit_one(*this, member, {partition, assignment, 7, metadata}));
      EXPECT_EQ(committed_of(member, partition).metadata, metadata) << size;
    }
    leave(member);
    // The next owner gets it with the partition, and starts there.
    Member& next = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return next.records.size() == 3; }));
    EXPECT_EQ(next.assigned.front().committed, 7);
    EXPECT_EQ(next.assigned.front().metadata, all_bytes(4096));
    EXPECT_EQ(next.records.front().offset, 7);
  });
}

TEST_P(Contract, TooMuchMetadataIsRefused) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 10);
    Member& member = reader(*this, topic, fresh_group());
    const AssignmentId assignment = member.owned.at(partition).assignment;
    ASSERT_TRUE(commit_one(*this, member, {partition, assignment, 2, "kept"}));
    const Status status = commit_one(*this, member, {partition, assignment, 5, all_bytes(4097)});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kOffsetMetadataTooLarge);
    EXPECT_EQ(committed_of(member, partition).offset, 2);
    EXPECT_EQ(committed_of(member, partition).metadata, "kept");
  });
}

TEST_P(Contract, ANegativeOffsetIsNotCommitted) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 10);
    Member& member = reader(*this, topic, fresh_group());
    const Status status =
        commit_one(*this, member, {partition, member.owned.at(partition).assignment, -1, ""});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  });
}

TEST_P(Contract, CommitsAreDoneInTheOrderOfTheCalls) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 10);
    Member& member = reader(*this, topic, fresh_group());
    const AssignmentId assignment = member.owned.at(partition).assignment;
    std::vector<CommitId> sent;
    for (Offset offset = 0; offset <= 10; ++offset) {
      sent.push_back(
          member.consumer->commit({{partition, assignment, offset, std::to_string(offset)}}));
    }
    ASSERT_TRUE(pump_until([&] { return member.commits.size() == sent.size(); }));
    for (std::size_t i = 0; i < sent.size(); ++i) {
      EXPECT_EQ(member.commits[i].commit, sent[i]);
      EXPECT_EQ(member.commits[i].results.front().offset, static_cast<Offset>(i));
      EXPECT_TRUE(member.commits[i].results.front().status);
    }
    // The newest is what stays.
    EXPECT_EQ(committed_of(member, partition).offset, 10);
    EXPECT_EQ(committed_of(member, partition).metadata, "10");
  });
}

TEST_P(Contract, ACommitOfNothingIsDone) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 10);
    Member& member = reader(*this, topic, fresh_group());
    const CommitId id = member.consumer->commit({});
    ASSERT_TRUE(pump_until([&] { return member.commits.size() == 1; }));
    EXPECT_EQ(member.commits.front().commit, id);
    EXPECT_TRUE(member.commits.front().results.empty());
  });
}

TEST_P(Contract, AStaleAssignmentCannotCommit) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    const std::string group = fresh_group();
    for (int i = 0; i < 2; ++i) produce(topic, i, 10);
    Member& first = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return first.records.size() == 20; }));
    std::map<TopicPartition, AssignmentId> before;
    for (const auto& [partition, entry] : first.owned) before[partition] = entry.assignment;
    Member& second = join(group, {topic});
    ASSERT_TRUE(pump_until([&] {
      return is_settled({&first, &second}, partitions_of(topic, 2)) && !first.owned.empty() &&
             !second.owned.empty();
    }));
    for (const auto& [partition, assignment] : before) {
      const Status status = commit_one(*this, first, {partition, assignment, 9, "stale"});
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, ErrorCode::kRevoked) << status.error().text();
      EXPECT_EQ(committed_of(first, partition).offset, std::nullopt);
    }
    // One call may hold both kinds.
    const auto& [partition, entry] = *first.owned.begin();
    first.consumer->commit(
        {{partition, before.at(partition), 9, ""}, {partition, entry.assignment, 8, ""}});
    ASSERT_TRUE(pump_until([&] { return first.commits.size() == 3; }));
    EXPECT_FALSE(first.commits.back().results[0].status);
    EXPECT_TRUE(first.commits.back().results[1].status);
    EXPECT_EQ(committed_of(first, partition).offset, 8);
  });
}

TEST_P(Contract, AnOwnerThatIsAskedToGiveUpCommitsFirst) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    const std::string group = fresh_group();
    for (int i = 0; i < 2; ++i) produce(topic, i, 10);
    Member& first = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return first.records.size() == 20; }));
    first.hands_back_at_once = false;
    Member& second = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return !first.revoking.empty(); }));
    std::vector<OffsetToCommit> offsets;
    for (const OwnedPartition& owned : first.revoking.front().partitions) {
      offsets.push_back({owned.partition, owned.assignment, 10, "done"});
    }
    first.consumer->commit(std::move(offsets));
    ASSERT_TRUE(pump_until([&] { return first.commits.size() == 1; }));
    for (const CommitResult& result : first.commits.front().results) EXPECT_TRUE(result.status);
    first.hands_back_at_once = true;
    ASSERT_TRUE(pump_until([&] {
      return is_settled({&first, &second}, partitions_of(topic, 2)) && !second.owned.empty();
    }));
    EXPECT_EQ(second.assigned.front().committed, 10);
    produce(topic, second.owned.begin()->first.partition, 1, "new");
    ASSERT_TRUE(pump_until([&] { return !second.records.empty(); }));
    EXPECT_EQ(second.records.front().offset, 10);
  });
}

TEST_P(Contract, SeekMovesThePosition) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 10);
    Member& member = reader(*this, topic, fresh_group());
    // Records of before stay valid, and what was prefetched is forgotten.
    const auto seek = [&](Offset offset) {
      member.records.clear();
      member.ends.clear();
      const Status status = member.consumer->seek(partition, offset, deadline_in(kPatience));
      EXPECT_TRUE(status) << status.error().text();
    };
    seek(6);
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 4; }));
    EXPECT_EQ(member.records.front().offset, 6);
    seek(kEarliestOffset);
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 10; }));
    EXPECT_EQ(member.records.front().offset, 0);
    seek(kLatestOffset);
    ASSERT_TRUE(pump_until([&] { return member.ends.contains(partition); }));
    EXPECT_TRUE(member.records.empty());
    produce(topic, 0, 1, "new");
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 1; }));
    EXPECT_EQ(member.records.front().offset, 10);
    seek(10);
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 1; }));
    EXPECT_EQ(member.records.front().value.view(), "new0");
  });
}

TEST_P(Contract, SeekForgetsWhatWasPrefetched) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 100);
    Member& member = join(fresh_group(), {topic});
    member.takes = false;
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 1; }));
    PartitionStream& stream = *member.owned.at(partition).stream;
    for (const Offset target : {Offset{50}, Offset{10}, Offset{90}, Offset{0}}) {
      ASSERT_TRUE(pump_until([&] { return !stream.take(5, 1 << 20).batch.empty(); }));
      const Status status = member.consumer->seek(partition, target, deadline_in(kPatience));
      ASSERT_TRUE(status) << status.error().text();
      Taken taken;
      ASSERT_TRUE(pump_until([&] {
        taken = stream.take(1, 1 << 20);
        return !taken.batch.empty();
      }));
      EXPECT_EQ(taken.batch[0].offset(), target);
    }
  });
}

TEST_P(Contract, SeekRefusesWhatIsNotOurs) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 10);
    Member& member = reader(*this, topic, fresh_group());
    const Status elsewhere = member.consumer->seek({topic, 7}, 0, deadline_in(kPatience));
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error().code, ErrorCode::kRevoked);
    const Status nonsense = member.consumer->seek({topic, 0}, -7, deadline_in(kPatience));
    ASSERT_FALSE(nonsense);
    EXPECT_EQ(nonsense.error().code, ErrorCode::kInvalidArgument);
  });
}

TEST_P(Contract, PositionsFollowTakesAndSeeks) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    produce(topic, 0, 10);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.ends.size() == 2; }));
    const auto positions = [&] {
      std::map<TopicPartition, Offset> all;
      for (const Position& position : member.consumer->positions())
        all[position.partition] = position.next;
      return all;
    };
    EXPECT_EQ(positions(), (std::map<TopicPartition, Offset>{{{topic, 0}, 10}, {{topic, 1}, 0}}));
    ASSERT_TRUE(member.consumer->seek({topic, 0}, 4, deadline_in(kPatience)));
    EXPECT_EQ(positions()[(TopicPartition{topic, 0})], 4);
    ASSERT_TRUE(pump_until([&] { return positions()[(TopicPartition{topic, 0})] == 10; }));
  });
}

TEST_P(Contract, OffsetsAreFoundByTime) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    for (int i = 0; i < 5; ++i) {
      produce_one({.topic = topic,
                   .value = "v",
                   .partition = 0,
                   .timestamp_ms = 1'600'000'000'000 + i * 1'000});
    }
    const std::vector<TopicPartition> both = {{topic, 0}, {topic, 1}};
    const auto at = [&](std::int64_t time) {
      const auto answer = admin().offsets_for_time(both, Timestamp(std::chrono::milliseconds(time)),
                                                   deadline_in(kPatience));
      EXPECT_TRUE(answer) << answer.error().text();
      return answer ? answer->front() : std::nullopt;
    };
    EXPECT_EQ(at(0), 0);
    EXPECT_EQ(at(1'600'000'002'000), 2);
    EXPECT_EQ(at(1'600'000'002'001), 3);
    EXPECT_EQ(at(1'600'000'004'001), std::nullopt);
    const auto empty = admin().offsets_for_time(both, Timestamp(std::chrono::milliseconds(0)),
                                                deadline_in(kPatience));
    ASSERT_TRUE(empty);
    EXPECT_EQ((*empty)[1], std::nullopt);
  });
}

TEST_P(Contract, AnOffsetOutOfRangeIsToldWhenNoResetIsWanted) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 3);
    Member& member = assigned({{partition, 1'000}}, {{"auto.offset.reset", "error"}});
    member.takes = false;
    std::optional<Error> error;
    ASSERT_TRUE(pump_until([&] {
      if (!member.owned.contains(partition)) return false;
      const Taken taken = member.owned.at(partition).stream->take(10, 1 << 20);
      if (taken.error) error = taken.error;
      return error.has_value();
    }));
    EXPECT_EQ(error->code, ErrorCode::kOffsetOutOfRange) << error->text();
    EXPECT_NE(error->message.find(partition.text()), std::string::npos) << error->text();
  });
}

TEST_P(Contract, AnOffsetOutOfRangeIsResetWhenWanted) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 3);
    Member& member = assigned({{{topic, 0}, 1'000}}, {{"auto.offset.reset", "earliest"}});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 3; }));
    EXPECT_EQ(member.records.front().offset, 0);
  });
}

TEST_P(Contract, WithoutACommittedOffsetTheResetDecides) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 3);
    Member& latest = join(fresh_group(), {topic}, {{"auto.offset.reset", "latest"}});
    ASSERT_TRUE(pump_until([&] { return latest.ends.contains(partition); }));
    EXPECT_TRUE(latest.records.empty());
    EXPECT_EQ(latest.ends[partition], 3);
    Member& neither = join(fresh_group(), {topic}, {{"auto.offset.reset", "error"}});
    ASSERT_TRUE(pump_until([&] { return !neither.stream_errors.empty(); }));
    EXPECT_TRUE(neither.stream_errors.front().starts_with("NO_OFFSET"))
        << neither.stream_errors.front();
  });
}

TEST_P(Contract, GroupMetadataNamesTheMember) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string group = fresh_group();
    Member& member = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 1; }));
    const auto metadata = member.consumer->group_metadata();
    ASSERT_TRUE(metadata) << metadata.error().text();
    EXPECT_EQ(metadata->group_id, group);
    EXPECT_GE(metadata->generation, 1);
    EXPECT_FALSE(metadata->member_id.empty());
  });
}

}  // namespace
}  // namespace rookery::contract
