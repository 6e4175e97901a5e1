// blame_test.cc
//
// A consumer that throws on one record in a batch of 500 dead-letters that record and no other: in
// both forms, with automatic and manual marking, whether or not the batch knows whom to blame.
#include <rookery/processing/testing/harness.h>

#include <rookery/recovery/dead_letter.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr Offset kCount = 500;
constexpr Offset kPoisoned = 250;

enum class Form {
  kRecords,           // one at a time
  kBatchThatKnows,    // by iteration
  kBatchThatNames,    // RecordFailed
  kBatchThatDoesNot,  // a bulk insert
};

struct Case {
  Form form;
  Marking marking;
};

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  static constexpr const char* kForms[] = {"Records", "BatchThatKnows", "BatchThatNames",
                                           "BatchThatDoesNotKnow"};
  return std::string(kForms[static_cast<int>(info.param.form)]) +
         (info.param.marking == Marking::kManual ? "MarkedByHand" : "MarkedAutomatically");
}

struct OneOf500 : ::testing::TestWithParam<Case> {
  void judge(const Record& record) {
    if (record.offset() == kPoisoned) throw std::runtime_error("bad");
    board.change([&] { consumed.insert(record.offset()); });
  }

  ConsumerFactory one_at_a_time() {
    return consumer([this](const Record& record, ConsumerContext& context) {
      judge(record);
      if (is_manual()) context.mark(record);
    });
  }

  ConsumerFactory batches() {
    return consumer([this](Batch& batch, ConsumerContext& context) {
      board.note("batch of " + std::to_string(batch.size()));
      if (GetParam().form == Form::kBatchThatKnows) {
        for (const Record& record : batch) judge(record);
      } else {
        for (const Record& record : batch.records()) {
          try {
            judge(record);
          } catch (const std::runtime_error&) {
            if (GetParam().form == Form::kBatchThatNames) throw RecordFailed{record};
            throw;
          }
        }
      }
      if (is_manual()) context.mark(batch[batch.size() - 1]);
    });
  }

  bool is_manual() const { return GetParam().marking == Marking::kManual; }

  Board board;
  std::set<Offset> consumed;  // the board's
};

TEST_P(OneOf500, IsDeadLetteredAndNoOther) {
  const bool is_batch = GetParam().form != Form::kRecords;
  TopicOptions topic{.consumer = is_batch ? batches() : one_at_a_time(),
                     .max_records = static_cast<std::size_t>(kCount),
                     .marking = GetParam().marking,
                     .dead_letter_queue = DeadLetterQueue{.topic = "orders.dlq", .max_retries = 2}};
  topic.min_records = static_cast<std::size_t>(kCount);
  ServerHarness server(board, std::move(topic));
  server.transport.topics = {{"orders.dlq", 3}};
  const auto stream = server.assign();
  for (Offset offset = 0; offset < kCount; ++offset) {
    stream->push_one({.key = "key-" + std::to_string(offset), .value = "v"});
  }
  server.group().wait_for_commit(kPartition, kCount);
  EXPECT_EQ(server.stop(), ExitCode::kClean);

  const auto& sent = server.transport.producer.sent;
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent.front().key, OwnedBytes("key-250"));
  EXPECT_EQ(read_dead_letter(sent.front().headers)->offset, kPoisoned);
  EXPECT_THAT(consumed, SizeIs(kCount - 1)) << "each healthy record was consumed";
  EXPECT_THAT(board.notes("dead_letter.dispatched "), SizeIs(1));
  EXPECT_THAT(board.notes("error.occurred "), SizeIs(3)) << "one for each attempt";
  if (is_batch) {
    EXPECT_EQ(board.notes("batch of ").front(), "500");
  }
}

INSTANTIATE_TEST_SUITE_P(InBothForms, OneOf500,
                         ::testing::Values(Case{Form::kRecords, Marking::kAutomatic},
                                           Case{Form::kRecords, Marking::kManual},
                                           Case{Form::kBatchThatKnows, Marking::kAutomatic},
                                           Case{Form::kBatchThatKnows, Marking::kManual},
                                           Case{Form::kBatchThatNames, Marking::kAutomatic},
                                           Case{Form::kBatchThatNames, Marking::kManual},
                                           Case{Form::kBatchThatDoesNot, Marking::kAutomatic},
                                           Case{Form::kBatchThatDoesNot, Marking::kManual}),
                         name_of);

// ---- Where an error comes from, and what follows

struct Places : ::testing::Test {
  Board board;
};

// What the process cannot go on with stops it in order, wherever it comes from.
TEST_F(Places, ACriticalErrorOfAPolicyStops) {
  ServerHarness server(
      board, {.consumer = consumer([](const Record&) { throw std::runtime_error("bad"); }),
              .on_error = [](const ErrorTracker&, int) -> Decision { throw std::bad_alloc(); }});
  server.assign()->push(1);
  EXPECT_EQ(server.server().wait(), ExitCode::kForced);
  EXPECT_LE(server.group().committed_at(kPartition), 0);
  EXPECT_THAT(board.notes("error.occurred policy"), SizeIs(1));
}

TEST_F(Places, ACriticalErrorOfAHookStops) {
  ServerHarness server(
      board,
      {.consumer = hooked(board, {.revoked = [](ConsumerContext&) { throw std::bad_alloc(); }},
                          [](const Record&, ConsumerContext&) {})});
  const auto stream = server.assign();
  stream->push(1);
  server.group().wait_for_commit(kPartition, 1);
  server.group().wait_for_hand_back(server.group().revoke({stream}));
  EXPECT_EQ(server.server().wait(), ExitCode::kForced);
  EXPECT_THAT(board.notes("error.occurred revoked"), SizeIs(1));
}

TEST_F(Places, AFactoryThatThrowsIsRetriedAndBlamesNoRecord) {
  int made = 0;
  ServerHarness server(
      board, {.consumer = [&made]() -> std::unique_ptr<ConsumerBase> {
                if (++made <= 2) throw std::runtime_error("no database");
                return consumer([](const Record&) {})();
              },
              .dead_letter_queue = DeadLetterQueue{.topic = "orders.dlq", .max_retries = 0}});
  server.transport.topics = {{"orders.dlq", 1}};
  server.assign()->push(1);
  server.group().wait_for_commit(kPartition, 1);
  EXPECT_THAT(board.notes("error.occurred factory"), SizeIs(2));
  EXPECT_THAT(server.transport.producer.sent, SizeIs(0));
}

TEST_F(Places, AListenerThatThrowsHarmsNobody) {
  ServerHarness server(board, {.consumer = consumer([](const Record&) {})});
  server.monitor.subscribe([](const Event& event) {
    if (event.kind == EventKind::kPartitionsAssigned) throw std::runtime_error("listener");
  });
  server.assign()->push(1);
  server.group().wait_for_commit(kPartition, 1);
  board.wait_for_notes("error.occurred listener std::runtime_error");
  EXPECT_EQ(server.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("error.occurred "), SizeIs(1));
}

}  // namespace
}  // namespace rookery
