// mock3_contract_test.cc
//
// The contract suite over an in-process Kafka of three nodes, simulated and on threads; and the
// cases about nodes that fail while the others go on.
#include "simulations/contract/contract.h"
#include "simulations/contract/failover.h"
#include "simulations/contract/leg_counts.h"
#include "simulations/contract/mock_legs.h"

namespace rookery::contract {

INSTANTIATE_TEST_SUITE_P(Mock3, Contract,
                         ::testing::Values(mock_simulated_leg(/*nodes=*/3),
                                           mock_threaded_leg(/*nodes=*/3)),
                         leg_name);
INSTANTIATE_TEST_SUITE_P(Mock3, Failover,
                         ::testing::Values(mock_simulated_leg(/*nodes=*/3),
                                           mock_threaded_leg(/*nodes=*/3)),
                         leg_name);

namespace {
[[maybe_unused]] const bool kCounts = count_legs();
}

}  // namespace rookery::contract
