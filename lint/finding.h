// finding.h
//
// One thing a rule objects to, and where.

#pragma once

#include <string>
#include <vector>

namespace rookery::lint {

struct Finding {
  std::string file;     // relative to the root, with slashes
  int line = 0;         // from 1
  std::string rule;     // as named in allow markers
  std::string message;  // what is wrong and what to do instead

  bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

}  // namespace rookery::lint
