// report.cc
//
// A report in words.

#include "simulations/world/report.h"

#include <algorithm>
#include <cstdio>
#include <ostream>

namespace rookery::testing {
namespace {

std::string number(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, 1, ',');
  }
  return digits;
}

std::string span_text(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  char buffer[64];
  if (seconds >= 3600) {
    std::snprintf(buffer, sizeof buffer, "%lld h %02lld min",
                  static_cast<long long>(seconds / 3600),
                  static_cast<long long>(seconds / 60 % 60));
  } else if (seconds >= 120) {
    std::snprintf(buffer, sizeof buffer, "%lld min %02lld s", static_cast<long long>(seconds / 60),
                  static_cast<long long>(seconds % 60));
  } else {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    std::snprintf(buffer, sizeof buffer, "%lld.%01lld s", static_cast<long long>(ms / 1000),
                  static_cast<long long>(ms % 1000 / 100));
  }
  return buffer;
}

std::string line(const std::string& what, const std::string& value) {
  std::string label = "  " + what;
  label.resize(22, ' ');
  return label + value + "\n";
}

// By name, down the first column, then down the second.
std::string fault_table(const std::map<std::string, std::uint64_t>& faults) {
  constexpr std::size_t kOneColumnMost = 12;
  std::vector<std::string> cells;
  std::size_t name_width = 16;
  for (const auto& [kind, count] : faults) name_width = std::max(name_width, kind.size());
  for (const auto& [kind, count] : faults) {
    std::string cell = kind;
    cell.resize(name_width + 2, ' ');
    cells.push_back(cell + number(count));
  }
  const std::size_t columns = cells.size() > kOneColumnMost ? 2 : 1;
  const std::size_t rows = (cells.size() + columns - 1) / columns;
  std::string out;
  for (std::size_t row = 0; row < rows; ++row) {
    std::string text = "    " + cells[row];
    if (row + rows < cells.size()) {
      text.resize(name_width + 16, ' ');
      text += cells[row + rows];
    }
    out += text + "\n";
  }
  return out;
}

}  // namespace

std::string hash_text(std::uint64_t hash) {
  char buffer[20];
  std::snprintf(buffer, sizeof buffer, "%016llx", static_cast<unsigned long long>(hash));
  return buffer;
}

std::string Violation::story() const {
  std::string out =
      "seed " + std::to_string(seed) + " broke the promise \"" + promise + "\"\n" + text;
  if (commands.empty() && !replay.empty()) out += "  replay        " + replay + "\n";
  const char* label = "run it again  ";
  for (const std::string& command : commands) {
    out += std::string("  ") + label + command + "\n";
    label = "or            ";
  }
  return out;
}

std::string Report::text() const {
  std::string out = program + (profile.empty() ? "" : " as " + profile) + ": " + number(runs) +
                    " of " + number(seeds) + " seeds, ";
  out += violations.empty() ? "no violation\n" : number(violations.size()) + " violations\n";
  out += line("virtual time", span_text(virtual_elapsed));
  out += line("wall time", span_text(wall_elapsed));
  out += line("steps", number(steps));
  out += line("records", number(records));
  out += line("run again", number(duplicates));
  out += line("rejected", number(rejected));
  out +=
      line("rebalances", number(rebalances) + "   (median run " + number(rebalances_median) + ")");
  std::uint64_t faults_in_all = 0;
  for (const auto& [kind, count] : faults) faults_in_all += count;
  out += line("faults", number(faults_in_all) + "   (median run " + number(faults_median) + ")");
  out += fault_table(faults);
  out += line("trace hash", hash_text(trace_hash));
  for (const Violation& violation : violations) out += "\n" + violation.story();
  return out;
}

std::ostream& operator<<(std::ostream& out, const Report& report) { return out << report.text(); }

}  // namespace rookery::testing
