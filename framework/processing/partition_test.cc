// partition_test.cc
//
// Taking: no further than the window, past gaps, on hints that may be lost; and the promise of all
// of it, as a property: what is committed is done.
#include <rookery/processing/testing/harness.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::HasSubstr;

TopicOptions idle() {
  return {.consumer = consumer([](const Record&) {})};
}

TEST(Window, NothingIsTakenBeyondItAndTakingGoesOnWithRoom) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           context.outputs().send({.topic = "out"});
                           board.note("consumed " + std::to_string(record.offset()));
                         }),
                         .max_records = 3,
                         .window = 5});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  stream->push(12);
  board.wait_for_notes("consumed ", 5);
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  board.look([&] { EXPECT_EQ(stream->waiting(), 7U); });
  for (std::size_t acknowledged = 0; acknowledged < 12; ++acknowledged) {
    board.wait_for("an output", [&] { return producer.sent.size() > acknowledged; });
    acknowledge(board, producer, acknowledged);
    board.look([&] { EXPECT_LE(producer.sent.size(), acknowledged + 1 + 5); });
  }
  harness.group().wait_for_commit(kPartition, 12);
}

TEST(Window, BatchesAreGivenBackWhenTheyAreDone) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&, ConsumerContext& context) {
                                  context.outputs().send({.topic = "out"});
                                }),
                                .max_records = 2});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  stream->push(6);
  board.wait_for("all sent", [&] { return producer.sent.size() == 6; });
  board.look([&] { EXPECT_EQ(stream->batches_held(), 3U); });
  acknowledge(board, producer, 0);
  acknowledge(board, producer, 1);
  board.wait_for("the first given back", [&] { return stream->batches_held() == 2; });
  acknowledge_all(board, producer);
  board.wait_for("all given back", [&] { return stream->batches_held() == 0; });
}

TEST(Taking, CommitsRunPastGaps) {
  Board board;
  ServerHarness harness(board, idle());
  const auto stream = harness.assign(kPartition, 5);
  stream->push(2);
  stream->push_gap(3);
  harness.group().wait_for_commit(kPartition, 10);
  stream->push_gap(4);
  harness.group().wait_for_commit(kPartition, 14);
  stream->push(1);
  harness.group().wait_for_commit(kPartition, 15);
}

TEST(Taking, CommitsDoNotRunPastAGapBehindUndoneWork) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&, ConsumerContext& context) {
                                  context.outputs().send({.topic = "out"});
                                })});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  stream->push(1);
  board.wait_for("an output", [&] { return producer.sent.size() == 1; });
  stream->push_gap(7);
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_LE(harness.group().committed_at(kPartition), 0);
  acknowledge(board, producer, 0);
  harness.group().wait_for_commit(kPartition, 8);
}

TEST(Taking, HintsLostAtAssignmentAndAfterFullTakesAreHarmless) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {}), .max_records = 3});
  harness.start();
  std::shared_ptr<FakeStream> stream;
  stream = harness.group().assign(kPartition);
  stream->lose_hints(true);
  stream->push(9);
  // The assignment's own look may have come before the records: only then is a hint due.
  stream->lose_hints(false);
  stream->push_end();
  harness.group().wait_for_commit(kPartition, 9);
  board.look([&] { EXPECT_GE(stream->takes, 4U); });
}

TEST(Taking, AnErrorOfTheStreamIsTold) {
  Board board;
  ServerHarness harness(board, idle());
  const auto stream = harness.assign();
  stream->push(1);
  harness.group().wait_for_commit(kPartition, 1);
  stream->push_error({.code = ErrorCode::kTopicAuthorizationFailed, .message = "not allowed"});
  board.wait_for_notes("error.occurred fetch TOPIC_AUTHORIZATION_FAILED orders-0: not allowed");
  stream->push(1);
  harness.group().wait_for_commit(kPartition, 2);
}

// A log that was truncated goes on with other records where old ones lay.
TEST(Truncated, OutputsOfWhatWasLostSayNothingOfWhatLiesThereNow) {
  Board board;
  ServerHarness harness(
      board,
      {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
         context.outputs().send({.topic = "out"});
         board.note(std::string(record.value().view()) + " " + std::to_string(record.offset()));
       })});
  ProducerScript& producer = harness.transport.producer;
  producer.acknowledges = false;
  const auto stream = harness.assign();
  stream->push(6, "old");
  board.wait_for_notes("old ", 6);
  acknowledge(board, producer, 0);
  harness.group().wait_for_commit(kPartition, 1);
  stream->truncate(2);
  stream->push(3, "new");
  board.wait_for_notes("new ", 3);
  for (std::size_t old = 1; old < 6; ++old) acknowledge(board, producer, old);
  harness.group().wait_for_commit(kPartition, 2);
  for (std::size_t now = 6; now < 9; ++now) acknowledge(board, producer, now);
  harness.group().wait_for_commit(kPartition, 5);
  const std::vector<Offset> asked = harness.group().asked_offsets(kPartition);
  EXPECT_LE(*std::max_element(asked.begin(), asked.end()), 5);
}

TEST(Truncated, WhatWasCommittedBeyondIsCommittedLower) {
  Board board;
  ServerHarness harness(board, idle());
  const auto stream = harness.assign();
  stream->push(6, "old");
  FakeGroup& group = harness.group();
  group.wait_for_commit(kPartition, 6);
  stream->truncate(2);
  stream->push(2, "new");
  board.wait_for("a lower commit", [&] { return group.committed[kPartition] == 4; });
}

TEST(Truncated, WhatWasLostWhileItFailedSaysNothingOfWhatLiesThereNow) {
  Board board;
  int throws_left = 3;
  ServerHarness harness(board, {.consumer = consumer([&](const Record& record) {
                                  board.note(std::string(record.value().view()) + " " +
                                             std::to_string(record.offset()));
                                  if (record.value() == "bad" && throws_left-- > 0) {
                                    throw std::runtime_error("bad");
                                  }
                                }),
                                .max_records = 2,
                                .retry_backoff = RetryBackoff{.first = 1ms, .max = 1ms}});
  const auto stream = harness.assign();
  stream->push(3, "old");
  stream->push(2, "bad");
  board.wait_for_notes("bad 3", 1);
  stream->truncate(1);
  stream->push(5, "new");
  board.wait_for_notes("new ", 5);
  harness.group().wait_for_commit(kPartition, 6);
}

// Nothing is behind it for the dispatch to go on with, and nobody takes meanwhile.
TEST(Truncated, WhatWasLostWhileItsDeadLetterFailedIsGivenUp) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([&](const Record& record) {
                                  if (record.value() == "bad") throw std::runtime_error("bad");
                                }),
                                .retry_backoff = RetryBackoff{.first = 1ms, .max = 1ms},
                                .dead_letter_queue = {{.topic = "missing", .max_retries = 0}}});
  const auto stream = harness.assign();
  bool is_truncated = false;
  stream->set_on_take([&] {
    std::size_t failures = board.notes("error.occurred dead_letter").size();
    if (failures < 5 || std::exchange(is_truncated, true)) return;
    stream->truncate(1);
    stream->push(3, "new");
  });
  stream->push(1, "old");
  stream->push(1, "bad");
  harness.group().wait_for_commit(kPartition, 4);
  EXPECT_EQ(board.notes("error.occurred log RecordLost orders-0@1").size(), 1U);
}

TEST(Quiet, TakesNothingMoreButStays) {
  Board board;
  ServerHarness harness(board, idle());
  const auto stream = harness.assign();
  stream->push(2);
  harness.group().wait_for_commit(kPartition, 2);
  harness.server().quiet();
  harness.server().quiet();
  std::size_t takes = 0;
  board.look([&] { takes = stream->takes; });
  stream->push(3);
  const auto other = harness.assign({"orders", 1});
  board.wait_for_notes("partitions.assigned", 2);
  board.look([&] { EXPECT_EQ(stream->waiting(), 3U); });
  EXPECT_EQ(board.notes("server.quiet").size(), 1U);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_EQ(harness.group().committed_at(kPartition), 2);
}

TEST(SlowConsumers, AreToldOnce) {
  Board board;
  bool may_return = false;
  ServerHarness harness(board, {.consumer = consumer([&](const Record&) {
                                  board.wait_for("leave", [&] { return may_return; });
                                }),
                                .consume_timeout = 8ms});
  harness.assign()->push(1);
  board.wait_for_notes("consume.slow orders-0");
  board.change([&] { may_return = true; });
  harness.group().wait_for_commit(kPartition, 1);
  EXPECT_EQ(board.notes("consume.slow").size(), 1U);
}

// Records with gaps, taken in batches of any size, throws, failed and late outputs: what is
// committed is finished and acknowledged, and in the end that is everything.
RC_GTEST_PROP(CommitProperty, NothingUndoneIsEverCommitted, ()) {
  struct Plan {
    int throws;  // attempts that throw
    int fails;   // runs whose output fails
    bool has_output;
  };
  const int count = *rc::gen::inRange(1, 40);
  std::vector<Plan> plans;
  std::vector<int> gaps;
  for (int i = 0; i < count; ++i) {
    Plan plan{};
    plan.throws = *rc::gen::weightedElement<int>({{8, 0}, {1, 1}, {1, 2}});
    plan.has_output = *rc::gen::arbitrary<bool>();
    plan.fails = plan.has_output ? *rc::gen::weightedElement<int>({{8, 0}, {1, 1}, {1, 2}}) : 0;
    plans.push_back(plan);
    gaps.push_back(*rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {1, 3}}));
  }
  const auto max_records = *rc::gen::inRange<std::size_t>(1, 8);
  const auto window = max_records + *rc::gen::inRange<std::size_t>(0, 20);
  const bool in_batches = *rc::gen::arbitrary<bool>();
  const auto picks =
      *rc::gen::container<std::vector<std::uint32_t>>(64, rc::gen::arbitrary<std::uint32_t>());

  Board board;
  std::map<Offset, int> number_of;  // of the records, written before they are pushed
  // Under the board's lock.
  std::map<Offset, int> throws_left;
  std::map<Offset, int> fails_left;
  std::map<Offset, int> last_run;  // the latest output of each record, by its place in `sent`
  std::set<Offset> finished;       // returned without output, or the latest output acknowledged
  const auto consume = [&](const Record& record, ConsumerContext& context) {
    const Offset offset = record.offset();
    const Plan& plan = plans[static_cast<std::size_t>(number_of.at(offset))];
    bool must_throw = false;
    board.change([&] {
      finished.erase(offset);
      must_throw = throws_left[offset] > 0 && throws_left[offset]-- > 0;
    });
    if (plan.has_output) context.outputs().send({.topic = "out", .value = std::to_string(offset)});
    if (must_throw) throw std::runtime_error("planned");
    if (!plan.has_output) board.change([&] { finished.insert(offset); });
  };
  TopicOptions options{.consumer = in_batches
                                       ? consumer([&](Batch& batch, ConsumerContext& context) {
                                           for (const Record& record : batch)
                                             consume(record, context);
                                         })
                                       : consumer(consume),
                       .max_records = max_records,
                       .window = window};
  Offset end = 0;
  std::vector<std::string> wrong;
  {
    ServerHarness harness(board, std::move(options), {.commit_interval = 1ms}, {.concurrency = 1});
    ProducerScript& producer = harness.transport.producer;
    producer.acknowledges = false;
    for (int i = 0; i < count; ++i) {
      end += gaps[static_cast<std::size_t>(i)];
      number_of[end] = i;
      throws_left[end] = plans[static_cast<std::size_t>(i)].throws;
      fails_left[end] = plans[static_cast<std::size_t>(i)].fails;
      ++end;
    }
    harness.start();
    const auto stream = harness.group().assign(kPartition);
    FakeGroup& group = harness.group();
    for (int i = 0; i < count; ++i) {
      if (gaps[static_cast<std::size_t>(i)] > 0)
        stream->push_gap(gaps[static_cast<std::size_t>(i)]);
      stream->push(1);
    }
    // Answers outputs in any order until everything is committed.
    std::size_t seen_commits = 0;
    std::size_t turn = 0;
    bool is_over = false;
    while (!is_over) {
      std::vector<std::size_t> open;
      const bool is_moving = board.wait_for("progress", [&] {
        open.clear();
        for (std::size_t i = 0; i < producer.sent.size(); ++i) {
          if (!producer.sent[i].is_reported) open.push_back(i);
        }
        is_over = group.committed[kPartition] == end;
        return is_over || !open.empty();
      });
      if (!is_moving) break;
      std::optional<std::size_t> chosen;
      bool does_fail = false;
      board.change([&] {
        // What was asked for so far must be finished.
        for (; seen_commits < group.commits.size(); ++seen_commits) {
          for (const auto& [offset, number] : number_of) {
            if (offset >= group.commits[seen_commits].offset) break;
            if (!finished.contains(offset)) {
              wrong.push_back("committed " + std::to_string(group.commits[seen_commits].offset) +
                              " with " + std::to_string(offset) + " undone");
            }
          }
        }
        if (open.empty()) return;
        chosen = open[picks[turn++ % picks.size()] % open.size()];
        const Offset offset = std::stoll(producer.sent[*chosen].value);
        does_fail = fails_left[offset] > 0 && fails_left[offset]-- > 0;
        // Finished as of now: the acknowledgement is on its way. Of an earlier run, too: whether
        // that may count is a test of its own.
        if (!does_fail) finished.insert(offset);
      });
      if (!chosen) continue;
      if (does_fail) {
        fail_send(board, producer, *chosen);
      } else {
        acknowledge(board, producer, *chosen);
      }
    }
    RC_ASSERT(harness.stop() == ExitCode::kClean);
    RC_ASSERT(group.committed_at(kPartition) == end);
  }
  RC_ASSERT(wrong == std::vector<std::string>());
}

}  // namespace
}  // namespace rookery
