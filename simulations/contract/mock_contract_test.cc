// mock_contract_test.cc
//
// The contract suite over the in-process Kafka, simulated and on threads; and the rule about what
// may be skipped.
#include "simulations/contract/contract.h"
#include "simulations/contract/differences.h"
#include "simulations/contract/kafka_leg.h"
#include "simulations/contract/leg_counts.h"
#include "simulations/contract/mock_legs.h"

namespace rookery::contract {

INSTANTIATE_TEST_SUITE_P(Mock, Contract,
                         ::testing::Values(mock_simulated_leg(/*nodes=*/1),
                                           mock_threaded_leg(/*nodes=*/1)),
                         leg_name);

namespace {

[[maybe_unused]] const bool kCounts = count_legs();

TEST(Differences, EverySkipIsListed) {
  EXPECT_FALSE(listed_differences().empty());
  EXPECT_FALSE(is_listed_difference("no such difference"));
  for (const LegFactory& leg :
       {mock_simulated_leg(1), mock_threaded_leg(1), kafka_leg(), kafka3_sasl_leg()}) {
    for (const auto& [name, difference] : leg.skips) {
      EXPECT_TRUE(is_listed_difference(difference))
          << leg.name << ", " << name << ": " << difference;
    }
  }
}

}  // namespace
}  // namespace rookery::contract
