// kafka_features_test.cc
//
// Features over librdkafka and a real Apache Kafka.
#include "simulations/contract/kafka_leg.h"
#include "simulations/contract/leg_counts.h"
#include "simulations/features/features.h"

namespace rookery::features {

INSTANTIATE_TEST_SUITE_P(Kafka, Features, ::testing::Values(contract::kafka_leg()),
                         contract::leg_name);

}  // namespace rookery::features
