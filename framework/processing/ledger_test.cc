// ledger_test.cc
//
// The ledger against a plain model, and its awkward places: gaps, any order, repetition.
#include <rookery/processing/ledger.h>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

namespace rookery {
namespace {

std::vector<Record> records_at(const std::vector<Offset>& offsets, std::int32_t epoch = -1) {
  static const PartitionHandle kHandle{{"t", 0}, nullptr};
  std::vector<Record> out;
  for (const Offset offset : offsets)
    out.push_back(Record({.partition = &kHandle, .offset = offset, .leader_epoch = epoch}));
  return out;
}

void unmark_from(Ledger& ledger, Offset from) {
  for (Offset offset = from; offset <= ledger.newest_taken(); ++offset) ledger.unmark(offset);
}

TEST(Ledger, CommitsTheContiguousDonePrefix) {
  Ledger ledger;
  EXPECT_EQ(ledger.committable(), -1);
  ledger.take(records_at({100, 101, 105}), 106);
  EXPECT_EQ(ledger.committable(), 100);
  ledger.mark(101);
  EXPECT_EQ(ledger.committable(), 100);
  ledger.mark(100);
  EXPECT_EQ(ledger.committable(), 105);
  ledger.mark(105);
  EXPECT_EQ(ledger.committable(), 106);
  EXPECT_EQ(ledger.outstanding(), 0U);
}

TEST(Ledger, MovesPastMarkersWhenAllIsDone) {
  Ledger ledger;
  ledger.take(records_at({4}), 5);
  ledger.mark(4);
  ledger.take({}, 9);  // markers at 5 to 8
  EXPECT_EQ(ledger.committable(), 9);
  ledger.take(records_at({12}), 13);
  EXPECT_EQ(ledger.committable(), 12);
}

TEST(Ledger, DoesNotMovePastMarkersBeforeUndoneRecords) {
  Ledger ledger;
  ledger.take(records_at({4}), 5);
  ledger.take({}, 9);
  EXPECT_EQ(ledger.committable(), 4);
}

TEST(Ledger, IgnoresWhatWasNotTaken) {
  Ledger ledger;
  ledger.take(records_at({10, 11}), 12);
  ledger.mark_range(0, 9);
  ledger.mark(12);
  ledger.mark(500);
  EXPECT_EQ(ledger.committable(), 10);
  EXPECT_EQ(ledger.undone(), 2U);
}

TEST(Ledger, TakesMarksBackForARerunButNeverFromTheDonePrefix) {
  Ledger ledger;
  ledger.take(records_at({10, 11, 12, 20}), 21);
  ledger.mark_range(10, 10);
  ledger.mark_range(12, 20);
  unmark_from(ledger, 12);
  EXPECT_TRUE(ledger.is_done(10));
  EXPECT_FALSE(ledger.is_done(12));
  EXPECT_FALSE(ledger.is_done(20));
  EXPECT_EQ(ledger.undone(), 3U);
  unmark_from(ledger, 0);
  EXPECT_TRUE(ledger.is_done(10));
  ledger.mark(11);
  EXPECT_EQ(ledger.committable(), 12);
  unmark_from(ledger, 21);
  EXPECT_EQ(ledger.undone(), 2U);
}

TEST(Ledger, ForgetsWhatIsNotThereAnyMore) {
  Ledger ledger;
  ledger.take(records_at({10, 11, 12, 20, 21}), 22);
  ledger.mark_range(10, 11);
  ledger.mark(20);
  ledger.forget_from(11);  // part of the done prefix, too
  EXPECT_EQ(ledger.committable(), 11);
  EXPECT_EQ(ledger.undone(), 0U);
  EXPECT_EQ(ledger.outstanding(), 0U);
  ledger.take(records_at({11, 12, 13}), 14);
  EXPECT_EQ(ledger.committable(), 11);
  ledger.mark(12);
  EXPECT_EQ(ledger.committable(), 11);
  ledger.mark(11);
  EXPECT_EQ(ledger.committable(), 13);
}

TEST(Ledger, TellsWhatIsDoneBeyondThePrefix) {
  Ledger ledger;
  EXPECT_EQ(ledger.done_ranges_beyond(10), (OffsetRanges{}));
  ledger.take(records_at({100, 101, 105, 106, 107, 200, 201}), 300);
  EXPECT_EQ(ledger.done_ranges_beyond(10), (OffsetRanges{}));
  ledger.mark(101);
  ledger.mark(105);  // 102 to 104 are a gap
  EXPECT_EQ(ledger.done_ranges_beyond(10), (OffsetRanges{{101, 106}}));
  ledger.mark(201);  // not up to 300, where the stream goes on
  EXPECT_EQ(ledger.done_ranges_beyond(10), (OffsetRanges{{101, 106}, {201, 202}}));
  EXPECT_EQ(ledger.done_ranges_beyond(1), (OffsetRanges{{101, 106}}));
  EXPECT_EQ(ledger.done_ranges_beyond(0), (OffsetRanges{}));
  ledger.mark(100);
  EXPECT_EQ(ledger.committable(), 106);
  EXPECT_EQ(ledger.done_ranges_beyond(10), (OffsetRanges{{201, 202}}));
  ledger.mark_range(107, 200);
  EXPECT_EQ(ledger.done_ranges_beyond(10), (OffsetRanges{{107, 202}}));
  ledger.forget_from(200);
  EXPECT_EQ(ledger.done_ranges_beyond(10), (OffsetRanges{{107, 108}}));
  ledger.mark(106);
  EXPECT_EQ(ledger.done_ranges_beyond(10), (OffsetRanges{}));
}

TEST(Ledger, KnowsInWhichEpochRecordsLay) {
  Ledger ledger;
  EXPECT_EQ(ledger.leader_epoch_at(10), -1);
  EXPECT_EQ(ledger.newest_taken(), -1);
  std::vector<Record> records = records_at({10, 11}, 3);
  for (const Record& record : records_at({12, 20}, 4)) records.push_back(record);
  ledger.take(records, 21);
  ledger.take(records_at({30}, 4), 31);
  ledger.take(records_at({31}, 6), 32);
  EXPECT_EQ(ledger.newest_taken(), 31);
  EXPECT_EQ(ledger.leader_epoch_at(9), -1);
  EXPECT_EQ(ledger.leader_epoch_at(11), 3);
  EXPECT_EQ(ledger.leader_epoch_at(12), 4);
  EXPECT_EQ(ledger.leader_epoch_at(30), 4);
  EXPECT_EQ(ledger.leader_epoch_at(31), 6);
  ledger.mark_range(0, 12);
  EXPECT_EQ(ledger.leader_epoch_at(20), 4);
  ledger.forget_from(30);
  ledger.take(records_at({30}, 7), 31);
  EXPECT_EQ(ledger.leader_epoch_at(20), 4);
  EXPECT_EQ(ledger.leader_epoch_at(30), 7);
  ledger.mark_range(0, 100);
  EXPECT_EQ(ledger.leader_epoch_at(30), 7);
}

TEST(Ledger, DoesNotKnowTheEpochOfWhatASeekHasPassedBy) {
  Ledger ledger;
  ledger.take(records_at({0, 9}, 3), 10);
  ledger.mark_range(0, 9);
  EXPECT_EQ(ledger.committable_epoch(), 3);
  ledger.move_to(40);
  EXPECT_EQ(ledger.committable(), 40);
  EXPECT_EQ(ledger.committable_epoch(), -1);
  ledger.move_to(50);
  EXPECT_EQ(ledger.committable_epoch(), -1);
  ledger.take(records_at({50, 54}, 4), 55);
  EXPECT_EQ(ledger.committable_epoch(), -1);
  ledger.mark_range(50, 54);
  EXPECT_EQ(ledger.committable_epoch(), 4);
  ledger.move_to(52);
  EXPECT_EQ(ledger.committable_epoch(), 4);
  ledger.move_to(5);
  EXPECT_EQ(ledger.committable_epoch(), -1);
}

// What stands in the model between two records that are not done is one range.
OffsetRanges ranges_beyond(Offset committable, const std::map<Offset, bool>& taken) {
  OffsetRanges ranges;
  bool is_going_on = false;
  for (auto it = taken.lower_bound(committable); it != taken.end(); ++it) {
    if (it->second && !is_going_on) ranges.push_back({it->first, it->first});
    is_going_on = it->second;
    if (is_going_on) ranges.back().end = it->first + 1;
  }
  return ranges;
}

// Any records with any gaps, taken in any batches, marked in any order and twice: as the model
// says; some marks are taken back, and some of what was taken turns out not to be there any more.
RC_GTEST_PROP(LedgerProperty, AgreesWithAPlainModel, ()) {
  Ledger ledger;
  std::map<Offset, bool> model;  // taken: done?
  Offset next = *rc::gen::inRange<Offset>(0, 1000);
  Offset stream_next = -1;
  const int steps = *rc::gen::inRange(1, 60);
  for (int step = 0; step < steps; ++step) {
    if (*rc::gen::inRange(0, 3) == 0 || model.empty()) {
      std::vector<Offset> offsets;
      const int count = *rc::gen::inRange(0, 150);
      const int gap_one_in = *rc::gen::element(1, 3, 1000);
      for (int i = 0; i < count; ++i) {
        if (*rc::gen::inRange(0, gap_one_in) == 0) next += *rc::gen::inRange(0, 4);
        offsets.push_back(next);
        model[next++] = false;
      }
      stream_next = next += *rc::gen::inRange(0, 2);
      ledger.take(records_at(offsets), stream_next);
    } else if (*rc::gen::inRange(0, 8) == 0) {
      const Offset from = *rc::gen::inRange<Offset>(model.begin()->first - 2, next + 2);
      ledger.forget_from(from);
      model.erase(model.lower_bound(from), model.end());
      stream_next = next = std::min(from, next);
      if (model.empty()) break;  // what lies before the first is not the ledger's to know
    } else if (*rc::gen::inRange(0, 5) == 0) {
      const Offset from = *rc::gen::inRange<Offset>(model.begin()->first - 2, next + 2);
      unmark_from(ledger, from);
      for (auto it = model.lower_bound(std::max(from, ledger.committable())); it != model.end();
           ++it)
        it->second = false;
    } else {
      const Offset low = model.begin()->first;
      const Offset first = *rc::gen::inRange<Offset>(low - 2, next + 2);
      const Offset last = first + *rc::gen::inRange<Offset>(0, 100);
      ledger.mark_range(first, last);
      for (auto it = model.lower_bound(first); it != model.end() && it->first <= last; ++it)
        it->second = true;
    }
    Offset expected = stream_next;
    std::size_t undone = 0;
    std::size_t outstanding = 0;
    for (const auto& [offset, is_done] : model) {
      if (!is_done && undone++ == 0) expected = offset;
      if (undone > 0) ++outstanding;
    }
    RC_ASSERT(ledger.committable() == expected);
    RC_ASSERT(ledger.undone() == undone);
    RC_ASSERT(ledger.outstanding() == outstanding);
    for (const auto& [offset, is_done] : model) RC_ASSERT(ledger.is_done(offset) == is_done);
    RC_ASSERT(ledger.done_ranges_beyond(1'000) == ranges_beyond(expected, model));
  }
}

}  // namespace
}  // namespace rookery
