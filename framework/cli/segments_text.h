// segments_text.h
//
// What the segments command did, or would do, as text and as JSON.
#pragma once

#include <rookery/cli/segments_plan.h>

#include <string>
#include <vector>

namespace rookery {

struct SegmentsReport {
  std::string action;  // "distribute"
  bool is_dry = false;
  std::vector<SegmentsPlan> groups;
};

// One line each change, and one for each group.
std::string segments_text(const SegmentsReport& report);
std::string segments_json(const SegmentsReport& report);

}  // namespace rookery
