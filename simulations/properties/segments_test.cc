// segments_test.cc
//
// Segment ordering: whatever the number of segments, servers and partitions, the key function, the
// ordering and the faults, the segments together consume every record, each its own in order, and
// all positions reach the end (segments_property.h).
//
//   ./rookery test --only segments

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <cstdio>
#include <string>

#include "simulations/properties/segments_property.h"

namespace rookery::testing {
namespace {

using Setup = SegmentsSetup;

constexpr std::uint64_t kRecords = 60;

Setup any_setup() {
  Setup setup;
  setup.segments = *rc::gen::inRange<std::size_t>(1, 6);
  setup.partitions = *rc::gen::inRange(1, 6);
  setup.servers = *rc::gen::inRange(1, 4);
  setup.keys = *rc::gen::element<std::uint64_t>(1, 5, 50);
  setup.key = *rc::gen::element(Setup::Key::kOwn, Setup::Key::kValue, Setup::Key::kBroken,
                                Setup::Key::kOne);
  setup.order =
      *rc::gen::element(Setup::Order::kPartition, Setup::Order::kVirtual, Setup::Order::kKey);
  setup.is_manual = *rc::gen::arbitrary<bool>();
  setup.seed = 1 + *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
  return setup;
}

struct Explored {
  std::uint64_t runs = 0;
  std::uint64_t records = 0;  // each was consumed, or the run would have failed
  std::uint64_t duplicates = 0;
  std::uint64_t rebalances = 0;
};

void tell(const char* what, const Explored& explored) {
  std::printf("explored %s: %llu runs, %llu records, %llu duplicates, %llu generations\n", what,
              static_cast<unsigned long long>(explored.runs),
              static_cast<unsigned long long>(explored.records),
              static_cast<unsigned long long>(explored.duplicates),
              static_cast<unsigned long long>(explored.rebalances));
}

void add(const Report& report, Explored& explored) {
  explored.runs += report.runs;
  explored.records += report.records;
  explored.duplicates += report.duplicates;
  explored.rebalances += report.rebalances;
}

TEST(SegmentOrdering, ExactlyOnceForEachGroupSetWithoutFaults) {
  Explored explored;
  const bool holds = rc::check([&] {
    SegmentsSetup setup = any_setup();
    setup.has_faults = false;
    setup.servers = 1;
    const Report report = simulate_segments(setup, kRecords, /*seeds=*/2);
    add(report, explored);
    if (!report.violations.empty()) RC_FAIL(report.violations.front().story());
  });
  EXPECT_TRUE(holds);
  EXPECT_EQ(explored.duplicates, 0U);
  EXPECT_EQ(explored.records, explored.runs * kRecords);
  tell("without faults", explored);
}

TEST(SegmentOrdering, UnionIsEverythingInOrderUnderFaultsAndRebalances) {
  Explored explored;
  const bool holds = rc::check([&] {
    const Report report = simulate_segments(any_setup(), kRecords, /*seeds=*/2);
    add(report, explored);
    if (!report.violations.empty()) RC_FAIL(report.violations.front().story());
  });
  EXPECT_TRUE(holds);
  EXPECT_GT(explored.records, explored.runs * kRecords / 2);
  EXPECT_GT(explored.rebalances, explored.runs * 2);
  tell("under faults", explored);
}

}  // namespace
}  // namespace rookery::testing
