// figures.cc
//
// A table for people, JSON for programs.
#include "bench/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace rookery::bench {
namespace {

// "5.21 M records/s", "84.2 us", "3.10 s"
std::string readable(double value, const std::string& unit) {
  const double magnitude = std::abs(value);
  if (unit == "us" && magnitude >= 1e6) return readable(value / 1e6, "s");
  if (unit == "us" && magnitude >= 1e4) return readable(value / 1e3, "ms");
  if (magnitude >= 1e6) return fmt::format("{:.2f} M {}", value / 1e6, unit);
  if (magnitude >= 1e4) return fmt::format("{:.1f} k {}", value / 1e3, unit);
  if (magnitude >= 100) return fmt::format("{:.0f} {}", value, unit);
  if (magnitude >= 1) return fmt::format("{:.2f} {}", value, unit);
  return fmt::format("{:.2g} {}", value, unit);
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

std::string table(const Figures& figures) {
  constexpr const char* kRow = "{:<22} {:>24} {:>27} {:>24} {:>8}  {}\n";
  std::string text =
      fmt::format(fmt::runtime(kRow), "figure", "value", "target", "raw", "ratio", "met");
  for (const auto& [name, figure] : figures) {
    const std::string bound = figure.better == Better::kHigher ? ">= " : "<= ";
    text += fmt::format(fmt::runtime(kRow), name, readable(figure.value, figure.unit),
                        bound + readable(figure.target, figure.unit),
                        figure.raw ? readable(*figure.raw, figure.unit) : "-",
                        figure.raw ? fmt::format("{:.3g}", figure.value / *figure.raw) : "-",
                        figure.is_met() ? "yes" : "no");
  }
  return text;
}

std::string with_figures(const std::string& google_json, const Figures& figures) {
  auto document = nlohmann::ordered_json::parse(google_json);
  auto all = nlohmann::ordered_json::object();
  for (const auto& [name, figure] : figures) {
    auto one = nlohmann::ordered_json::object();
    one["value"] = figure.value;
    one["unit"] = figure.unit;
    one["better"] = figure.better == Better::kHigher ? "higher" : "lower";
    one["target"] = figure.target;
    one["raw"] = nullptr;
    if (figure.raw) one["raw"] = *figure.raw;
    all[name] = std::move(one);
  }
  document["figures"] = std::move(all);
  return document.dump(2) + "\n";
}

}  // namespace rookery::bench
