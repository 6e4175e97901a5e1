// committing_test.cc
//
// Commits that a consumer waits for, what they say of loss, and the string beside the offset.
#include <rookery/processing/testing/keyed_records.h>
#include <rookery/progress/commit_metadata.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Consume = std::function<void(const Record&, ConsumerContext&)>;

TopicOptions manual(Consume consume) {
  return {.consumer = consumer(std::move(consume)), .marking = Marking::kManual};
}

// What the consumer noted, without the events.
std::vector<std::string> own_notes(const Board& board) {
  std::vector<std::string> own = board.notes();
  std::erase_if(own, [](const std::string& note) {
    return note.starts_with("server.") || note.starts_with("partitions.") ||
           note.starts_with("error.") || note.starts_with("retry.");
  });
  return own;
}

std::string text_of(const Status& status) {
  return status ? "ok" : std::string(name(status.error().code));
}

TEST(MarkAndCommit, HasCommittedWhenItReturns) {
  Board board;
  FakeGroup* group = nullptr;
  ServerHarness harness(
      board, manual([&](const Record& record, ConsumerContext& context) {
        if (record.offset() != 2) return;
        const Status committed = context.offsets().mark_and_commit(record);
        board.note(text_of(committed) + " at " + std::to_string(group->committed_at(kPartition)));
      }),
      {.commit_interval = 1h});
  group = &harness.group();
  harness.assign()->push(4);
  board.wait_for_notes("ok");
  EXPECT_THAT(own_notes(board), ElementsAre("ok at 3"));
}

TEST(MarkAndCommit, WaitsForOutputsUnderWay) {
  Board board;
  ServerHarness harness(board, manual([&](const Record& record, ConsumerContext& context) {
                          context.outputs().send({.topic = "out", .value = "v"});
                          board.note("waits");
                          board.note(text_of(context.offsets().mark_and_commit(record)));
                        }),
                        {.commit_interval = 1h});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(1);
  board.wait_for_notes("waits");
  EXPECT_EQ(harness.group().committed_at(kPartition), -1);
  acknowledge(board, producer, 0);
  board.wait_for_notes("ok");
  EXPECT_EQ(harness.group().committed_at(kPartition), 1);
}

TEST(MarkAndCommit, TellsThatTheTimeWasOver) {
  Board board;
  ServerHarness harness(board, manual([&](const Record& record, ConsumerContext& context) {
                          context.outputs().send({.topic = "out", .value = "v"});
                          const Status committed =
                              context.offsets().mark_and_commit(record, /*timeout=*/1ms);
                          board.note(committed ? "ok" : committed.error().text());
                        }));
  harness.transport.producer.acknowledges = false;
  harness.assign()->push(1);
  board.wait_for_notes("TIMED_OUT");
  EXPECT_THAT(own_notes(board),
              ElementsAre(HasSubstr("orders-0: mark_and_commit of 0: offset 0 has "
                                    "outputs that are not acknowledged")));
  acknowledge_all(board, harness.transport.producer);
  harness.group().wait_for_commit(kPartition, 1);
}

TEST(MarkAndCommit, TellsThatAnOutputFailed) {
  Board board;
  ServerHarness harness(board, manual([&](const Record& record, ConsumerContext& context) {
                          context.outputs().send({.topic = "out", .value = "v"});
                          board.note("sent");
                          const Status committed = context.offsets().mark_and_commit(record);
                          board.note(committed ? "ok" : committed.error().text());
                        }));
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  harness.assign()->push(1);
  board.wait_for("the output", [&] { return producer.sent.size() == 1; });
  fail_send(board, producer, 0, {.code = ErrorCode::kMessageTooLarge, .message = "too large"});
  board.wait_for("the output of the second run", [&] { return producer.sent.size() == 2; });
  acknowledge(board, producer, 1);
  board.wait_for_notes("ok");
  EXPECT_THAT(own_notes(board), ElementsAre("sent", HasSubstr("too large"), "sent", "ok"));
}

TEST(MarkAndCommit, NeverSaysYesAfterLoss) {
  Board board;
  bool is_lost = false;
  ServerHarness harness(board, manual([&](const Record& record, ConsumerContext& context) {
                          board.note("began");
                          board.wait_for("the loss", [&] { return is_lost; });
                          board.note(context.mark(record) ? "marked" : "not marked");
                          board.note(context.offsets().mark(record, "m") ? "marked" : "not marked");
                          board.note(text_of(context.offsets().mark_and_commit(record)));
                          board.note(text_of(context.offsets().commit()));
                          board.note(context.offsets().commit_async() ? "asked" : "not asked");
                        }),
                        {.commit_interval = 1h});
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for_notes("began");
  const RevocationId revocation = harness.group().revoke({stream}, /*is_lost=*/true);
  harness.group().wait_for_hand_back(revocation);
  board.change([&] { is_lost = true; });
  board.wait_for_notes("not asked");
  EXPECT_THAT(own_notes(board),
              ElementsAre("began", "not marked", "not marked", "REVOKED", "REVOKED", "not asked"));
}

// The member does not know yet: its coordinator does.
TEST(MarkAndCommit, BelievesTheCoordinatorAboutLoss) {
  Board board;
  ServerHarness harness(board, manual([&](const Record& record, ConsumerContext& context) {
                          const Status committed = context.offsets().mark_and_commit(record);
                          board.note(committed ? "ok" : committed.error().text());
                        }));
  harness.group().set_commits(FakeGroup::Commits::kRefuse);
  harness.assign()->push(1);
  board.wait_for_notes("REVOKED");
  EXPECT_THAT(own_notes(board), ElementsAre(HasSubstr("ILLEGAL_GENERATION")));
}

TEST(Commit, TriesAgainWhatMayPass) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           if (record.offset() == 1) {
                             board.note(text_of(context.offsets().commit()));
                           }
                         }),
                         .max_records = 1},
                        {.commit_interval = 1h});
  FakeGroup& group = harness.group();
  group.set_commits(FakeGroup::Commits::kFail);
  harness.assign()->push(2);
  board.wait_for("two tries", [&] { return group.commits.size() >= 2; });
  group.set_commits(FakeGroup::Commits::kSucceed);
  board.wait_for_notes("ok");
  EXPECT_EQ(group.committed_at(kPartition), 1);
}

// What was committed before is no answer to who asks now.
TEST(Commit, AsksTheCoordinatorEachTime) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](const Record&, ConsumerContext& context) {
                                  board.note(text_of(context.offsets().commit()));
                                  board.note(text_of(context.offsets().commit()));
                                })},
                        {.commit_interval = 1h});
  harness.assign()->push(1);
  board.wait_for_notes("ok", 2);
  EXPECT_THAT(harness.group().asked_offsets(kPartition), ElementsAre(0, 0));
}

TEST(Commit, IsNotWaitedForWhenAskedSo) {
  Board board;
  ServerHarness harness(board, manual([&](const Record& record, ConsumerContext& context) {
                          context.mark(record);
                          EXPECT_TRUE(context.offsets().commit_async());
                        }),
                        {.commit_interval = 1h});
  harness.assign()->push(1);
  harness.group().wait_for_commit(kPartition, 1);
}

TEST(OwnMetadata, IsReadByTheNextOwner) {
  Board board;
  ServerHarness harness(board, manual([&](const Record& record, ConsumerContext& context) {
                          board.note("found '" + context.offsets().committed_metadata() + "'");
                          context.offsets().mark(record, "sum " + std::to_string(record.offset()));
                        }),
                        {.commit_interval = 1h});
  FakeGroup& group = harness.group();
  const auto stream = harness.assign();
  stream->push(3);
  board.wait_for_notes("found", 3);
  group.wait_for_hand_back(group.revoke({stream}));
  EXPECT_EQ(group.committed_at(kPartition), 3);
  group.assign(kPartition, 3, 3, group.metadata_of(kPartition))->push(1);
  board.wait_for_notes("found", 4);
  EXPECT_THAT(board.notes("found "), ElementsAre("''", "''", "''", "'sum 2'"));
}

// The string says something of what is done: at a lower offset it would say too much.
TEST(OwnMetadata, IsNotCommittedBeforeItsRecordIsDone) {
  Board board;
  FakeGroup* group = nullptr;
  ServerHarness harness(
      board, manual([&](const Record& record, ConsumerContext& context) {
        if (record.offset() == 1) {
          context.outputs().send({.topic = "out", .value = "v"});
        }
        EXPECT_TRUE(context.offsets().mark(record, "sum " + std::to_string(record.offset())));
        if (record.offset() == 2) {
          EXPECT_TRUE(context.offsets().commit());
          board.note("committed");
        }
      }),
      {.commit_interval = 1h});
  group = &harness.group();
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  stream->push(3);
  board.wait_for_notes("committed");
  const auto committed = [&] {
    const TopicPartitionOffset at{kPartition, group->committed_at(kPartition)};
    return std::to_string(at.offset) + " " +
           decode_metadata(at, group->metadata_of(kPartition)).progress.own_metadata;
  };
  EXPECT_EQ(committed(), "1 sum 0");
  acknowledge(board, producer, 0);
  group->wait_for_hand_back(group->revoke({stream}));
  EXPECT_EQ(committed(), "3 sum 2");
}

TEST(OwnMetadata, BelongsToItsRecordWhenASeekGoesBehindIt) {
  Board board;
  bool has_sought = false;
  ServerHarness harness(board, manual([&](const Record& record, ConsumerContext& context) {
                          Offsets& offsets = context.offsets();
                          if (record.offset() == 3) {
                            if (std::exchange(has_sought, true)) return board.note("again");
                            EXPECT_TRUE(offsets.seek(2));
                            EXPECT_TRUE(offsets.commit());
                            board.note("went back");
                            return;
                          }
                          if (has_sought) return;
                          offsets.mark(record, "sum " + std::to_string(record.offset()));
                        }),
                        {.commit_interval = 1h});
  FakeGroup& group = harness.group();
  harness.assign()->push(4);
  board.wait_for_notes("went back");
  EXPECT_EQ(group.committed_at(kPartition), 2);
  EXPECT_EQ(decode_metadata({kPartition, 2}, group.metadata_of(kPartition)).progress.own_metadata,
            "");
  board.wait_for_notes("again");
}

TEST(OwnMetadata, ThatIsTooLongIsTheConsumersMistake) {
  Board board;
  ServerHarness harness(
      board, manual([&](const Record& record, ConsumerContext& context) {
        EXPECT_THROW(context.offsets().mark(record, std::string(kOwnMetadataBytesMost + 1, 'x')),
                     std::length_error);
        EXPECT_TRUE(
            context.offsets().mark_and_commit(record, std::string(kOwnMetadataBytesMost, 'x')));
        board.note("committed");
      }));
  harness.assign()->push(1);
  board.wait_for_notes("committed");
}

}  // namespace
}  // namespace rookery
