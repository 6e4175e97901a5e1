// pausing_test.cc
//
// A consumer that has its partition wait. How long is a matter of virtual time: offsets_unit_test.
#include <rookery/processing/testing/keyed_records.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;

std::string number(const Record& record) { return std::to_string(record.offset()); }

TEST(Pausing, HoldsUntilAnybodyResumes) {
  Board board;
  Offsets* offsets = nullptr;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           if (record.offset() == 1) {
                             context.offsets().pause(Duration::max());
                             EXPECT_TRUE(context.offsets().is_paused());
                             board.change([&] { offsets = &context.offsets(); });
                           }
                           board.note("ran " + number(record));
                         })});
  const auto stream = harness.assign();
  stream->push(3);
  board.wait_for_notes("ran 1");
  // Whatever had been under way by then is through.
  const auto other = harness.assign({"orders", 1});
  other->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  harness.group().wait_for_commit(kPartition, 2);
  EXPECT_THAT(board.notes("ran "), ElementsAre("0", "1"));
  offsets->resume();
  board.wait_for_notes("ran 2");
  EXPECT_FALSE(offsets->is_paused());
  EXPECT_THAT(board.notes("partition."), ElementsAre("paused orders-0: until it is resumed",
                                                     "resumed orders-0: by its consumer"));
}

TEST(Pausing, HoldsAllLanes) {
  Board board;
  Offsets* offsets = nullptr;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           board.note("began " + text(record));
                           if (record.offset() == 0) {
                             context.offsets().pause(Duration::max());
                             board.change([&] { offsets = &context.offsets(); });
                           }
                           board.note("ran " + text(record));
                         }),
                         .ordering = by_key()},
                        {.commit_interval = 1ms});
  const auto stream = harness.assign();
  push_keys(*stream, {"a"});
  board.wait_for_notes("ran a@0");
  push_keys(*stream, {"b", "c", "a"});
  harness.assign({"orders", 1})->push_gap(1);
  harness.group().wait_for_commit({"orders", 1}, 1);
  EXPECT_THAT(board.notes("began "), ElementsAre("a@0"));
  offsets->resume();
  harness.group().wait_for_commit(kPartition, 4);
  EXPECT_THAT(board.notes("began "), IsSupersetOf({"b@1", "c@2", "a@3"}));
}

TEST(Pausing, EndsWithThePartition) {
  Board board;
  ServerHarness harness(board,
                        {.consumer = consumer([&](const Record& record, ConsumerContext& context) {
                           if (record.offset() == 0) context.offsets().pause(Duration::max());
                           board.note("ran " + number(record));
                         })});
  FakeGroup& group = harness.group();
  const auto stream = harness.assign();
  stream->push(2);
  board.wait_for_notes("ran 0");
  group.wait_for_hand_back(group.revoke({stream}));
  EXPECT_EQ(group.committed_at(kPartition), 1);
  group.assign(kPartition, 1, 1)->push(1);
  board.wait_for_notes("ran 1");
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
}

}  // namespace
}  // namespace rookery
