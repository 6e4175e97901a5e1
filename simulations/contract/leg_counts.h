// leg_counts.h
//
// Prints, at a test program's end, how many cases each leg passed, failed and skipped.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "simulations/contract/leg.h"

namespace rookery::contract {

// The name of a parameterised test's instance: the leg's.
inline std::string leg_name(const ::testing::TestParamInfo<LegFactory>& info) {
  return info.param.name;
}

// Registers the counting; true, so that a static constant can call it.
bool count_legs();

}  // namespace rookery::contract
