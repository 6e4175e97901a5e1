// fault_test.cc
//
// What is drawn lies within its bounds, and every kind comes up.

#include "simulations/faults/fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "simulations/scheduler/tape.h"

namespace rookery::sim {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

const FaultBounds kBounds{.nodes = 3,
                          .servers = 4,
                          .from = seconds(2),
                          .until = seconds(60),
                          .session_timeout = seconds(8)};

TEST(Faults, AreWithinTheirBounds) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Tape tape = Tape::from_seed(seed);
    Duration last{0};
    for (const Fault& fault : draw_faults(tape, FaultSet::all(), kBounds)) {
      EXPECT_GE(fault.at, seconds(2)) << text(fault);
      EXPECT_LE(fault.at + fault.duration, seconds(60)) << text(fault);
      EXPECT_GE(fault.at, last);
      last = fault.at;
      if (fault.kind == FaultKind::kLongPause) {
        EXPECT_GT(fault.duration, kBounds.session_timeout);
      }
      if (fault.kind == FaultKind::kProcessPause) {
        EXPECT_LT(fault.duration, kBounds.session_timeout);
      }
      if (fault.kind == FaultKind::kPartition) {
        EXPECT_TRUE(fault.severity >= 1 && fault.severity < 8);
      }
    }
  }
}

TEST(Faults, AllKindsComeUpAndOnlyThoseAllowed) {
  std::map<FaultKind, int> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Tape tape = Tape::from_seed(seed);
    for (const Fault& fault : draw_faults(tape, FaultSet::all(), kBounds)) ++seen[fault.kind];
  }
  EXPECT_EQ(seen.size(), kFaultKinds);

  const FaultSet two{FaultKind::kPartition, FaultKind::kLeaderMove};
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Tape tape = Tape::from_seed(seed);
    for (const Fault& fault : draw_faults(tape, two, kBounds)) {
      EXPECT_TRUE(two.contains(fault.kind)) << text(fault);
    }
  }
  EXPECT_FALSE(FaultSet::all().without(two).contains(FaultKind::kPartition));
}

TEST(Faults, AreAFunctionOfTheTape) {
  const auto draw = [](std::uint64_t seed) {
    Tape tape = Tape::from_seed(seed);
    std::string all;
    for (const Fault& fault : draw_faults(tape, FaultSet::all(), kBounds)) all += text(fault) + ";";
    return all;
  };
  EXPECT_EQ(draw(5), draw(5));
  EXPECT_NE(draw(5), draw(6));
}

TEST(Faults, ZerosOnTheTapeMeanNone) {
  Tape tape = Tape::from_draws({});
  EXPECT_TRUE(draw_faults(tape, FaultSet::all(), kBounds).empty());
}

TEST(Faults, SayWhatTheyAre) {
  EXPECT_EQ(text({.kind = FaultKind::kBrokerRestart,
                  .duration = std::chrono::milliseconds(3050),
                  .target = 2}),
            "broker_restart of node 2 (crash) for 3.050 s");
  EXPECT_THAT(text({.kind = FaultKind::kPartition, .target = 0, .severity = 5, .extent = 1}),
              HasSubstr("server 1 and nodes 0 2, to the nodes"));
}

}  // namespace
}  // namespace rookery::sim
