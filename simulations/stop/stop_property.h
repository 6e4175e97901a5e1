// stop_property.h
//
// The property: whoever stops a server, in the middle of whatever, it ends within its bound.
//
// This is for legs on real threads: a watchdog aborts with all stacks; how fast a machine is proves
// nothing. Simulated, the bound is virtual time (stop_life.h).
//
// Several callers stop a server each, side by side, in the middle of the same: where brokers are
// silent or gone everybody waits for limits to pass, and they pass once.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "simulations/contract/leg.h"
#include "simulations/stop/scene.h"

namespace rookery::stopping {

using Callers = std::vector<From>;

class StopProperty
    : public ::testing::TestWithParam<std::tuple<contract::LegFactory, Callers, During>> {};

// Each by itself.
inline std::vector<Callers> one_by_one(const Callers& callers) {
  std::vector<Callers> each;
  for (const From from : callers) each.push_back({from});
  return each;
}

// "AConsumerDuringCalm_kafka", for INSTANTIATE_TEST_SUITE_P.
inline std::string case_name(const ::testing::TestParamInfo<StopProperty::ParamType>& info) {
  const auto& [leg, callers, during] = info.param;
  const std::string who = callers.size() == 1 ? name(callers.front()) : "Everybody";
  return who + "During" + name(during) + "_" + leg.name;
}

}  // namespace rookery::stopping
