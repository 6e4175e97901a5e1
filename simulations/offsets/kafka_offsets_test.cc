// kafka_offsets_test.cc
//
// Over librdkafka, on a real Apache Kafka.
#include "simulations/contract/kafka_leg.h"
#include "simulations/offsets/offsets_property.h"

namespace rookery::offsets {
namespace {

INSTANTIATE_TEST_SUITE_P(Kafka, OffsetsProperty, ::testing::Values(contract::kafka_leg()));

}  // namespace
}  // namespace rookery::offsets
