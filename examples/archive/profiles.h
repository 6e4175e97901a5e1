// profiles.h
//
// The ways in which the archive is simulated: the same records, faults and totals each time.

#pragma once

#include <vector>

#include "simulations/explorer/campaign_main.h"

namespace archive {

// In the order of `./rookery simulate --help-all`; the first is the default.
std::vector<rookery::testing::Profile> simulated_profiles();

}  // namespace archive
