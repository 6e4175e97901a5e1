// baseline.h
//
// The findings an old project begins with: they are known, new ones are told. A finding is known by
// its rule and its name, wherever it stands.
//
//   write_baseline(findings)                       // the text of a file
//   const auto baseline = read_baseline(file, text, error);
//   findings = without_known(std::move(findings), *baseline);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/finding.h"

namespace rookery::lint {

struct BaselineEntry {
  std::string rule;
  std::string name;
  int line = 0;
};

struct Baseline {
  std::string file;
  std::vector<BaselineEntry> entries;
};

// JSON, one entry a line, ordered, each once: it can be read, merged and shortened by hand.
std::string write_baseline(const Findings& findings);

// Nothing, and `error` is a line, when the text is no baseline.
std::optional<Baseline> read_baseline(const std::string& file, std::string_view text,
                                      std::string& error);

// Those that no entry knows, and one more for each entry that knew nothing. What is wrong with the
// configuration itself cannot be known.
Findings without_known(Findings findings, const Baseline& baseline);

}  // namespace rookery::lint
