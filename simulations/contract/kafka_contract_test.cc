// kafka_contract_test.cc
//
// The contract suite over librdkafka and a real Apache Kafka.
#include "simulations/contract/contract.h"
#include "simulations/contract/kafka_leg.h"
#include "simulations/contract/leg_counts.h"

namespace rookery::contract {

INSTANTIATE_TEST_SUITE_P(Kafka, Contract, ::testing::Values(kafka_leg()), leg_name);

namespace {
[[maybe_unused]] const bool kCounts = count_legs();
}

}  // namespace rookery::contract
