// kafka_stop_test.cc
//
// Servers that are stopped over librdkafka and a real Apache Kafka.
#include "simulations/contract/kafka_leg.h"
#include "simulations/stop/stop_property.h"

namespace rookery::stopping {
namespace {

constexpr From kEverybody[] = {From::kConsumer,       From::kListener, From::kRebalanceHook,
                               From::kDeliveryReport, From::kSignal,   From::kDestructor,
                               From::kOtherThread};
constexpr During kEverything[] = {During::kCalm, During::kJoin, During::kRevocation,
                                  During::kSilence, During::kCrash};

INSTANTIATE_TEST_SUITE_P(Kafka, StopProperty,
                         ::testing::Combine(::testing::Values(contract::kafka_leg()),
                                            ::testing::ValuesIn(kEverybody),
                                            ::testing::ValuesIn(kEverything)),
                         case_name);

}  // namespace
}  // namespace rookery::stopping
