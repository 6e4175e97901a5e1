// offsets_property.h
//
// The offsets of a whole server on a Kafka of some kind: a string that the next owner reads,
// commits that are waited for, seeks by offset, time and to the beginning, a pause.
#pragma once

#include <gtest/gtest.h>

#include "simulations/contract/leg.h"

namespace rookery::offsets {

class OffsetsProperty : public ::testing::TestWithParam<contract::LegFactory> {};

}  // namespace rookery::offsets
