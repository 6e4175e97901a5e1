// recording_filter.h
//
// What filters drop, recorded: they are otherwise unchanged.
#pragma once

#include <rookery/filtering/filters.h>

#include <string>

#include "simulations/history/recorder.h"

namespace rookery::sim {

// The recorder outlives all filters that come of the result.
Filters recorded_filters(const Filters& filters, const std::string& group, Recorder& recorder);

}  // namespace rookery::sim
