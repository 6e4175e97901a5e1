// figures.h
//
// The figures of a run: what was measured, what is aimed at, and what stood beside it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rookery::bench {

enum class Better { kHigher, kLower };

struct Figure {
  std::string unit;  // "records/s", "us", ...
  Better better = Better::kHigher;
  double value = 0;
  double target = 0;
  std::optional<double> raw;  // the alternative, measured in the same run

  bool is_met() const { return better == Better::kHigher ? value >= target : value <= target; }
};

// By name, in the names' order.
using Figures = std::map<std::string, Figure>;

// The middle one; the mean of the two in the middle when their number is even. Not of an empty
// list.
double median(std::vector<double> values);

// A line for each figure, with the names of the columns above.
std::string table(const Figures& figures);

// Google Benchmark's JSON document with the object `figures` added; ends with a newline.
std::string with_figures(const std::string& google_json, const Figures& figures);

}  // namespace rookery::bench
