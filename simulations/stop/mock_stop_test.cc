// mock_stop_test.cc
//
// Servers that are stopped on the in-process Kafka, simulated, over seeds.
#include "simulations/contract/mock_legs.h"
#include "simulations/stop/stop_property.h"

namespace rookery::stopping {
namespace {

constexpr During kEverything[] = {During::kCalm, During::kJoin, During::kRevocation,
                                  During::kSilence, During::kCrash};

// Every place but a signal, which a simulation does not have.
const Callers kSimulated = {From::kConsumer,       From::kListener,   From::kRebalanceHook,
                            From::kDeliveryReport, From::kDestructor, From::kOtherThread};

INSTANTIATE_TEST_SUITE_P(Simulated, StopProperty,
                         ::testing::Combine(::testing::Values(contract::mock_simulated_leg(
                                                /*nodes=*/3, /*seeds=*/60)),
                                            ::testing::ValuesIn(one_by_one(kSimulated)),
                                            ::testing::ValuesIn(kEverything)),
                         case_name);

}  // namespace
}  // namespace rookery::stopping
