// mock_features_test.cc
//
// Features over the in-process Kafka, simulated and on threads.
#include "simulations/contract/leg_counts.h"
#include "simulations/contract/mock_legs.h"
#include "simulations/features/features.h"

namespace rookery::features {

INSTANTIATE_TEST_SUITE_P(Mock, Features,
                         ::testing::Values(contract::mock_simulated_leg(/*nodes=*/3),
                                           contract::mock_threaded_leg(/*nodes=*/1)),
                         contract::leg_name);

}  // namespace rookery::features
