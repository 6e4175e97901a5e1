// finding.h
//
// One thing a linter objects to, and where: what all linters here speak of.
//
//   Finding finding{"framework/base/bytes.h", 12, "banner", "say what the file is for"};
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rookery::lint {

enum class Severity : std::uint8_t { kError, kWarning, kNote };

struct Finding {
  std::string file;     // a path with slashes; "-" for standard input
  int line = 0;         // from 1; 0 where there are no lines
  std::string rule;     // its id: what allow markers, configurations and baselines name
  std::string message;  // why, in a sentence, and what to do instead
  Severity severity = Severity::kError;
  std::string name = {};        // what is objected to: a topic, a function; empty: the line itself
  std::string suggestion = {};  // a name or text that the rule would accept; empty: none is known
  std::string setting = {};     // its path inside the file: groups.billing.topics.orders.v1

  bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

}  // namespace rookery::lint
