// segment_filter_test.cc
//
// Each record is kept by exactly one segment, in order, whatever its key function does.
#include <rookery/lanes/segment_filter.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Memory final : RecordBatch::Memory {
  std::vector<OwnedBytes> keys;
  std::vector<Record> records;
};

const PartitionHandle kHandle{{"orders", 0}};

// Record i has offset first + i.
RecordBatch batch_of(std::vector<OwnedBytes> keys, Offset first = 0) {
  auto memory = std::make_unique<Memory>();
  memory->keys = std::move(keys);
  for (const OwnedBytes& key : memory->keys) {
    memory->records.push_back(Record({.partition = &kHandle, .offset = first++, .key = key}));
  }
  const std::span<const Record> records = memory->records;
  return RecordBatch(nullptr, {7}, records, std::move(memory));
}

void ignore(const Record&, const std::exception*) {}

std::vector<Offset> offsets(const RecordBatch& batch) {
  std::vector<Offset> all;
  for (const Record& record : batch) all.push_back(record.offset());
  return all;
}

RC_GTEST_PROP(SegmentFilterProperty, EachRecordIsKeptByOneSegmentInOrder, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 9);
  const auto names = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-2, 20));
  const auto first = *rc::gen::inRange<Offset>(0, 1'000);
  std::vector<OwnedBytes> keys;
  for (const int name : names) {  // a null key, an empty one, and others
    if (name == -2) keys.emplace_back(nullptr);
    if (name == -1) keys.emplace_back("");
    if (name >= 0) keys.emplace_back("key-" + std::to_string(name));
  }
  std::vector<int> kept(keys.size(), 0);
  for (std::size_t segment = 0; segment < count; ++segment) {
    const SegmentFilter filter({.count = count}, segment, ignore);
    const RecordBatch mine = filter.keep(batch_of(keys, first));
    Offset last = -1;
    for (const Record& record : mine) {
      RC_ASSERT(record.offset() > last);
      last = record.offset();
      const auto at = static_cast<std::size_t>(record.offset() - first);
      ++kept[at];
      RC_ASSERT(OwnedBytes(record.key()) == keys[at]);
      RC_ASSERT(segment_of(keys[at], record.offset(), count) == segment);
    }
    RC_ASSERT(mine.empty() || mine.assignment() == AssignmentId{7});
  }
  for (const int times : kept) RC_ASSERT(times == 1);
}

TEST(SegmentFilter, ABatchOfItsOwnStaysAsItIs) {
  RecordBatch batch = batch_of({"a", "b", nullptr});
  const Record* first = &batch[0];
  const RecordBatch kept = SegmentFilter({.count = 1}, 0, ignore).keep(std::move(batch));
  EXPECT_EQ(&kept[0], first);
  EXPECT_EQ(kept.size(), 3U);
}

TEST(SegmentFilter, GoesByTheKeyFunction) {
  const ParallelSegments segments{.count = 2, .by = [](const Record& record) {
                                    return record.offset() < 2 ? Bytes("even") : Bytes(nullptr);
                                  }};
  const std::size_t of_even = segment_of("even", 0, 2);
  std::vector<Offset> mine = {2, 4};
  if (of_even == 0) mine = {0, 1, 2, 4};
  const RecordBatch kept =
      SegmentFilter(segments, 0, ignore).keep(batch_of({"a", "b", "c", "d", "e"}));
  EXPECT_EQ(offsets(kept), mine);
}

TEST(SegmentFilter, WhatHasABrokenKeyIsTheFirstSegmentsWhichTellsOfIt) {
  const ParallelSegments segments{.count = 3, .by = [](const Record& record) {
                                    if (record.offset() == 1)
                                      throw std::runtime_error("no key here");
                                    if (record.offset() == 2) throw 7;  // no std::exception
                                    return record.key();
                                  }};
  std::vector<std::string> told;
  const auto tell = [&](const Record& record, const std::exception* exception) {
    told.push_back(std::to_string(record.offset()) + " " + (exception ? exception->what() : "?"));
  };
  std::vector<Offset> all;
  for (std::size_t segment = 0; segment < 3; ++segment) {
    const RecordBatch kept = SegmentFilter(segments, segment, tell).keep(batch_of({"a", "b", "c"}));
    for (const Offset offset : offsets(kept)) {
      all.push_back(offset);
      if (offset > 0) {
        EXPECT_EQ(segment, 0U);
      }
    }
  }
  EXPECT_THAT(all, ::testing::UnorderedElementsAre(0, 1, 2));
  EXPECT_THAT(told, ElementsAre("1 no key here", "2 ?"));
}

TEST(SegmentFilter, OutOfMemoryIsNoBrokenKey) {
  const ParallelSegments segments{.count = 2, .by = [](const Record& record) -> Bytes {
                                    if (record.offset() == 1) throw std::bad_alloc();
                                    return record.key();
                                  }};
  EXPECT_THROW(SegmentFilter(segments, 0, ignore).keep(batch_of({"a", "b"})), std::bad_alloc);
  EXPECT_THAT(offsets(SegmentFilter(segments, 0, ignore).keep({})), IsEmpty());
}

}  // namespace
}  // namespace rookery
