// mock_offsets_test.cc
//
// On the in-process Kafka, on real threads.
#include "simulations/contract/mock_legs.h"
#include "simulations/offsets/offsets_property.h"

namespace rookery::offsets {
namespace {

INSTANTIATE_TEST_SUITE_P(Mock, OffsetsProperty, ::testing::Values(contract::mock_threaded_leg(1)));

}  // namespace
}  // namespace rookery::offsets
