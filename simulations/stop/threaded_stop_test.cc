// threaded_stop_test.cc
//
// Servers that are stopped on the in-process Kafka, on real threads.
#include "simulations/contract/mock_legs.h"
#include "simulations/stop/stop_property.h"

namespace rookery::stopping {
namespace {

const Callers kEverybody = {From::kConsumer,       From::kListener, From::kRebalanceHook,
                            From::kDeliveryReport, From::kSignal,   From::kDestructor,
                            From::kOtherThread};
constexpr During kEverything[] = {During::kCalm, During::kJoin, During::kRevocation,
                                  During::kSilence, During::kCrash};

INSTANTIATE_TEST_SUITE_P(Threaded, StopProperty,
                         ::testing::Combine(::testing::Values(contract::mock_threaded_leg(
                                                /*nodes=*/3)),
                                            ::testing::ValuesIn(one_by_one(kEverybody)),
                                            ::testing::ValuesIn(kEverything)),
                         case_name);

}  // namespace
}  // namespace rookery::stopping
