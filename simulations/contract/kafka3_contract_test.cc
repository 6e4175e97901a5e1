// kafka3_contract_test.cc
//
// The contract suite over librdkafka and an Apache Kafka of three nodes, whose listener asks for
// SASL SCRAM; and the cases about nodes that fail while the others go on.
#include "simulations/contract/contract.h"
#include "simulations/contract/failover.h"
#include "simulations/contract/kafka_leg.h"
#include "simulations/contract/leg_counts.h"

namespace rookery::contract {

INSTANTIATE_TEST_SUITE_P(Kafka3, Contract, ::testing::Values(kafka3_sasl_leg()), leg_name);
INSTANTIATE_TEST_SUITE_P(Kafka3, Failover, ::testing::Values(kafka3_sasl_leg()), leg_name);

namespace {
[[maybe_unused]] const bool kCounts = count_legs();
}

}  // namespace rookery::contract
