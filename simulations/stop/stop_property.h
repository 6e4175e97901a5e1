// stop_property.h
//
// The property: whoever stops a server, in the middle of whatever, it ends within its bound.
//
// Simulated, the bound is virtual time, over many schedules, and the scheduler tells a deadlock. On
// real threads a watchdog aborts with all stacks; how fast a machine is proves nothing.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "simulations/contract/leg.h"
#include "simulations/stop/scene.h"

namespace rookery::stopping {

class StopProperty
    : public ::testing::TestWithParam<std::tuple<contract::LegFactory, From, During>> {};

// "AConsumerDuringCalm_kafka", for INSTANTIATE_TEST_SUITE_P.
inline std::string case_name(const ::testing::TestParamInfo<StopProperty::ParamType>& info) {
  const auto& [leg, from, during] = info.param;
  return std::string(name(from)) + "During" + name(during) + "_" + leg.name;
}

}  // namespace rookery::stopping
