// kafka_stop_test.cc
//
// Servers that are stopped over librdkafka and a real Apache Kafka.
#include "simulations/contract/kafka_leg.h"
#include "simulations/stop/stop_property.h"

namespace rookery::stopping {
namespace {

const Callers kEverybody = {From::kConsumer,       From::kListener, From::kRebalanceHook,
                            From::kDeliveryReport, From::kSignal,   From::kDestructor,
                            From::kOtherThread};

// Here a server's grace runs while others would still begin.
constexpr During kQuick[] = {During::kCalm, During::kRevocation};
// Ends take 6 to 30 seconds each, most of which are the same limits.
constexpr During kSlow[] = {During::kJoin, During::kSilence, During::kCrash};

INSTANTIATE_TEST_SUITE_P(Kafka, StopProperty,
                         ::testing::Combine(::testing::Values(contract::kafka_leg()),
                                            ::testing::ValuesIn(one_by_one(kEverybody)),
                                            ::testing::ValuesIn(kQuick)),
                         case_name);

INSTANTIATE_TEST_SUITE_P(KafkaTogether, StopProperty,
                         ::testing::Combine(::testing::Values(contract::kafka_leg()),
                                            ::testing::Values(kEverybody),
                                            ::testing::ValuesIn(kSlow)),
                         case_name);

}  // namespace
}  // namespace rookery::stopping
