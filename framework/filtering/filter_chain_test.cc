// filter_chain_test.cc
//
// Random chains against a plain model of what filters mean; and what follows for the batch.
#include <rookery/filtering/filter_chain.h>
#include <rookery/filtering/plain_chain.h>
#include <rookery/filtering/split_batch.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const TopicPartition kPartition{"orders", 3};

std::vector<Record> records_at(const std::vector<Offset>& offsets) {
  static const PartitionHandle kHandle{kPartition, nullptr};
  std::vector<Record> out;
  for (const Offset offset : offsets) {
    out.push_back(Record({.partition = &kHandle, .offset = offset}));
  }
  return out;
}

// Answers as it is told; writes down what passed the chain.
class Scripted final : public Filter {
 public:
  Scripted(PlainFilter script, std::vector<Offset>* passed)
      : script_(std::move(script)), passed_(passed) {}

  void apply(FilterBatch& batch) override {
    batch.remove_if(
        [&](const Record& record) { return script_.removes.contains(record.offset()); });
  }
  FilterAction action() const override { return script_.action; }
  std::optional<Offset> cursor() const override { return script_.cursor; }
  bool marks() const override { return script_.marks; }
  std::optional<Offset> marking_cursor() const override { return script_.marking_cursor; }
  void let_through(std::span<const Record* const> records) override {
    if (passed_ == nullptr) return;
    passed_->clear();
    for (const Record* record : records) passed_->push_back(record->offset());
  }

 private:
  const PlainFilter script_;
  std::vector<Offset>* const passed_;
};

FilterFactory scripted(PlainFilter script, std::vector<Offset>* passed = nullptr) {
  return [script, passed](const std::string&, PartitionId) {
    return std::make_unique<Scripted>(script, passed);
  };
}

FilterChain chain_of(const std::vector<PlainFilter>& scripts,
                     std::vector<Offset>* passed = nullptr) {
  std::vector<FilterFactory> factories;
  for (const PlainFilter& script : scripts) factories.push_back(scripted(script, passed));
  return FilterChain(Filters(std::move(factories)), kPartition);
}

// Memory that says when it is given back.
class Watched final : public RecordBatch::Memory {
 public:
  Watched(std::vector<Record> records, bool* is_gone)
      : records_(std::move(records)), is_gone_(is_gone) {}
  ~Watched() override { *is_gone_ = true; }
  std::span<const Record> records() const { return records_; }

 private:
  const std::vector<Record> records_;
  bool* const is_gone_;
};

WaitingBatch batch_at(const std::vector<Offset>& offsets, bool* is_gone) {
  auto memory = std::make_unique<Watched>(records_at(offsets), is_gone);
  const std::span<const Record> records = memory->records();
  return {RecordBatch(nullptr, AssignmentId{7}, records, std::move(memory)), offsets.back() + 1};
}

std::vector<Offset> offsets_of(std::span<const Record> records) {
  std::vector<Offset> out;
  for (const Record& record : records) out.push_back(record.offset());
  return out;
}

// ---- The property

// Of the whole range at every size, as loops below wait for a number that is not the least.
template <class T>
T any_in(T from, T to) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(from, to));
}

std::vector<Offset> any_offsets() {
  std::vector<Offset> offsets;
  Offset next = any_in<Offset>(0, 3);
  for (int left = any_in(1, 12); left > 0; --left) {
    offsets.push_back(next);
    next += any_in<Offset>(1, 3);
  }
  return offsets;
}

std::optional<Offset> any_cursor(const std::vector<Offset>& offsets) {
  if (any_in(0, 3) == 0) return std::nullopt;
  return any_in<Offset>(offsets.front() - 1, offsets.back() + 3);
}

PlainFilter any_filter(const std::vector<Offset>& offsets) {
  PlainFilter filter;
  const int share = any_in(0, 4);  // of the records that it removes, in thirds
  for (const Offset offset : offsets) {
    if (any_in(0, 3) < share) filter.removes.insert(offset);
  }
  switch (any_in(0, 3)) {
    case 1:
      filter.action = FilterAction::pause(std::chrono::seconds(any_in(1, 5)));
      break;
    case 2:
      filter.action = FilterAction::seek();
      break;
    default:
      break;
  }
  filter.cursor = any_cursor(offsets);
  filter.marks = *rc::gen::arbitrary<bool>();
  filter.marking_cursor = *rc::gen::arbitrary<bool>() ? filter.cursor : any_cursor(offsets);
  return filter;
}

std::vector<PlainFilter> any_chain(const std::vector<Offset>& offsets) {
  std::vector<PlainFilter> chain;
  for (int left = any_in(0, 5); left > 0; --left) chain.push_back(any_filter(offsets));
  return chain;
}

std::map<Offset, Fate> fates_of(const WaitingBatch& batch, SplitBatch& split) {
  std::map<Offset, Fate> fates;
  for (const Record& record : batch.records()) fates[record.offset()] = Fate::kDropped;
  for (const Record& record : split.held().records()) fates[record.offset()] = Fate::kHeld;
  for (const auto& [first, last] : split.done()) {
    for (const Record& record : split.passed()) {
      if (record.offset() >= first && record.offset() <= last) {
        fates[record.offset()] = Fate::kDone;
      }
    }
  }
  const RecordBatch kept = split.take_kept();
  for (const Record& record : kept.records()) fates[record.offset()] = Fate::kRun;
  return fates;
}

RC_GTEST_PROP(Chain, IsThePlainChain, ()) {
  const std::vector<Offset> offsets = any_offsets();
  const std::vector<PlainFilter> scripts = any_chain(offsets);
  const PlainVerdict expected = plain_chain(scripts, offsets);

  bool is_gone = false;
  std::vector<Offset> passed;
  WaitingBatch batch = batch_at(offsets, &is_gone);
  const ChainVerdict verdict =
      chain_of(scripts, &passed).apply(batch.records(), TimePoint(), WallTime());
  RC_ASSERT(verdict.is_applied == expected.is_applied);
  RC_ASSERT(verdict.action.kind == expected.action.kind);
  RC_ASSERT(verdict.action.pause_for == expected.action.pause_for);
  RC_ASSERT(verdict.cursor == expected.cursor);

  SplitBatch split(batch, verdict);
  const auto fates = fates_of(batch, split);
  std::vector<Offset> runs;
  std::optional<Offset> first_not_passed;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    RC_LOG() << "record " << offsets[i] << "\n";
    RC_ASSERT(fates.at(offsets[i]) == expected.fates[i]);
    if (expected.fates[i] == Fate::kRun) runs.push_back(offsets[i]);
    if (expected.fates[i] == Fate::kHeld || expected.fates[i] == Fate::kDropped) {
      first_not_passed = first_not_passed.value_or(offsets[i]);
    }
  }
  RC_ASSERT(split.next_offset() == first_not_passed.value_or(batch.next_offset()));
  if (!scripts.empty()) RC_ASSERT(passed == runs);
}

// Splitting again and again what is held keeps the batch, and no longer than needed.
RC_GTEST_PROP(Split, EveryRecordComesOnceHoweverOftenItIsHeld, ()) {
  const std::vector<Offset> offsets = any_offsets();
  bool is_gone = false;
  WaitingBatch waiting = batch_at(offsets, &is_gone);
  std::vector<RecordBatch> parts;
  std::vector<Offset> run;
  while (!waiting.empty()) {
    const std::size_t count = any_in<std::size_t>(0, waiting.size() + 1);
    PlainFilter filter{.action = FilterAction::pause(1s)};
    if (count < waiting.size()) filter.cursor = waiting.records()[count].offset();
    const ChainVerdict verdict =
        chain_of({filter}).apply(waiting.records(), TimePoint(), WallTime());
    SplitBatch split(waiting, verdict);
    if (RecordBatch kept = split.take_kept(); !kept.empty()) {
      RC_ASSERT(kept.assignment() == AssignmentId{7});
      for (const Record& record : kept) run.push_back(record.offset());
      parts.push_back(std::move(kept));
    }
    waiting = WaitingBatch(split.held());
    RC_ASSERT(!is_gone);
  }
  RC_ASSERT(run == offsets);
  waiting = WaitingBatch();
  RC_ASSERT(!is_gone);
  parts.clear();
  RC_ASSERT(is_gone);
}

// ---- Awkward places

TEST(Chain, WithoutFiltersAllRecordsRun) {
  const auto records = records_at({1, 2});
  const ChainVerdict verdict = chain_of({}).apply(records, TimePoint(), WallTime());
  EXPECT_FALSE(verdict.is_applied);
  EXPECT_EQ(verdict.passed_end, 2U);
  EXPECT_EQ(verdict.held_begin, 2U);
}

TEST(Chain, AnEmptiedBatchIsPassedByAFilterThatMarks) {
  bool is_gone = false;
  const WaitingBatch batch = batch_at({4, 5, 9}, &is_gone);
  SplitBatch split(batch, chain_of({{.removes = {4, 5, 9}, .marks = true}})
                              .apply(batch.records(), TimePoint(), WallTime()));
  EXPECT_TRUE(split.take_kept().empty());
  EXPECT_THAT(split.done(), ElementsAre(Pair(4, 9)));
  EXPECT_EQ(split.next_offset(), 10);
  EXPECT_EQ(split.dropped(), 0U);
}

TEST(Chain, AnEmptiedBatchIsNotPassedByAFilterThatDoesNotMark) {
  bool is_gone = false;
  const WaitingBatch batch = batch_at({4, 5, 9}, &is_gone);
  SplitBatch split(
      batch, chain_of({{.removes = {4, 5, 9}}}).apply(batch.records(), TimePoint(), WallTime()));
  EXPECT_TRUE(split.take_kept().empty());
  EXPECT_THAT(split.passed(), IsEmpty());
  EXPECT_THAT(split.done(), IsEmpty());
  EXPECT_EQ(split.next_offset(), 4);
  EXPECT_EQ(split.dropped(), 3U);
}

TEST(Chain, MarksEndBeforeWhatAnotherFilterRemovedWithoutMarking) {
  bool is_gone = false;
  const WaitingBatch batch = batch_at({0, 1, 2, 3}, &is_gone);
  SplitBatch split(batch, chain_of({{.removes = {2}}, {.removes = {1, 3}, .marks = true}})
                              .apply(batch.records(), TimePoint(), WallTime()));
  EXPECT_THAT(offsets_of(split.take_kept().records()), ElementsAre(0));
  EXPECT_THAT(split.done(), ElementsAre(Pair(1, 1)));
  EXPECT_EQ(split.next_offset(), 2);
}

TEST(Chain, AFactoryThatGivesNoneIsNamed) {
  const Filters filters = {throttle(1, 1s), FilterFactory([](const std::string&, PartitionId) {
                             return std::unique_ptr<Filter>();
                           })};
  try {
    FilterChain chain(filters, kPartition);
    FAIL() << "no error";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "filter 1, filter: its factory gave no filter");
  }
}

TEST(Chain, FactoriesAreToldTheirPartition) {
  std::string told;
  const Filters filters = {FilterFactory([&](const std::string& topic, PartitionId partition) {
    told = topic + "-" + std::to_string(partition);
    return std::make_unique<Scripted>(PlainFilter{}, nullptr);
  })};
  FilterChain chain(filters, kPartition);
  EXPECT_EQ(told, "orders-3");
}

TEST(Waiting, ForgetsWhatTheLogLost) {
  bool is_gone = false;
  WaitingBatch batch = batch_at({4, 5, 9}, &is_gone);
  batch.forget_from(20);
  EXPECT_EQ(batch.next_offset(), 10);
  batch.forget_from(5);
  EXPECT_THAT(offsets_of(batch.records()), ElementsAre(4));
  EXPECT_EQ(batch.next_offset(), 5);
  batch.forget_from(0);
  EXPECT_TRUE(batch.empty());
}

}  // namespace
}  // namespace rookery
