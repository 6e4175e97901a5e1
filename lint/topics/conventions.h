// conventions.h
//
// What a team has agreed on about its topic names. Read from YAML by config.h; all that is left out
// is no rule.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lint/topics/pattern.h"
#include "lint/topics/words.h"

namespace rookery::lint {

enum class Version : std::uint8_t { kAny, kRequired, kForbidden };

// A name that breaks rules and may, for a while.
struct Exception {
  std::string name;             // '*' stands for any characters
  std::set<std::string> rules;  // empty: all
  std::string reason;
  std::chrono::year_month_day until;  // the last day
  int line = 0;
};

struct TestConventions {
  std::string prefix;                // every topic of a test begins with it; empty: no rule
  std::vector<std::string> sources;  // files whose topics are tests'; '*' any characters
};

struct Conventions {
  std::string file = {};               // where they were read; empty: nowhere
  std::vector<Pattern> patterns = {};  // any of them; empty: names have no form
  Case style = Case::kAny;             // of parts without one; without a pattern: between dots
  std::size_t length_max = 249;
  Version version = Version::kAny;
  std::string version_suffix = ".v{number}";
  // What a name ends in that belongs to another's; empty: no rule. {number} stands for digits.
  std::string dead_letter_suffix = {};
  std::string retry_suffix = {};
  std::string segment_suffix = {};
  TestConventions tests = {};
  std::vector<Exception> exceptions = {};
  std::set<std::string> disabled = {};  // rules
};

}  // namespace rookery::lint
