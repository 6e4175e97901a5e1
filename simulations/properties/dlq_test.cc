// dlq_test.cc
//
// Dead letters keep their key: whatever the key, the payload, the headers, the partition counts,
// the form of the consumer and the faults (dead_letter_property.h).
//
//   ./rookery test --only dlq

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <cstdio>

#include "simulations/properties/dead_letter_property.h"

namespace rookery::testing {
namespace {

using Setup = DeadLetterSetup;

Setup any_setup(Setup::Faults faults) {
  Setup setup;
  setup.source_partitions = *rc::gen::inRange(1, 7);
  setup.dlq_partitions = *rc::gen::inRange(1, 9);
  setup.is_batch = *rc::gen::arbitrary<bool>();
  setup.is_blame_known = *rc::gen::arbitrary<bool>();
  setup.is_sync = *rc::gen::arbitrary<bool>();
  setup.is_manual = *rc::gen::arbitrary<bool>();
  setup.is_independent = *rc::gen::arbitrary<bool>();
  setup.max_retries = *rc::gen::inRange(0, 3);
  setup.poison_one_in = *rc::gen::element<std::uint64_t>(2, 8, 30);
  setup.seed = 1 + *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
  setup.faults = faults;
  return setup;
}

void expect_key_preservation(Setup::Faults faults) {
  DeadLettersSeen seen;
  std::uint64_t runs = 0;
  const bool holds = rc::check([&] {
    const Setup setup = any_setup(faults);
    const Report report = simulate_dead_letters(setup, /*records=*/80, /*seeds=*/4, seen);
    runs += report.runs;
    if (!report.violations.empty()) RC_FAIL(report.violations.front().story());
  });
  EXPECT_TRUE(holds);
  EXPECT_GT(seen.poisoned, 100U);
  EXPECT_GE(seen.dead_letters, seen.poisoned);
  std::printf("explored %llu runs: %llu poisoned records, %llu dead letters\n",
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(seen.poisoned),
              static_cast<unsigned long long>(seen.dead_letters));
}

TEST(DlqKeyPreservation, ExactlyOnceAndInOrderWithoutFaults) {
  expect_key_preservation(Setup::Faults::kNone);
}
TEST(DlqKeyPreservation, InOrderUnderTheFaultsOfOneServer) {
  expect_key_preservation(Setup::Faults::kServer);
}
TEST(DlqKeyPreservation, AtLeastOnceUnderFaults) { expect_key_preservation(Setup::Faults::kAll); }

}  // namespace
}  // namespace rookery::testing
