// awk_totals.cc
//
// awk and apt-cache as children; awk's lines become JSON.

#include "examples/archive/awk_totals.h"

#include <rookery/runtime/time.h>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "examples/archive/child_process.h"

namespace archive {

using namespace std::chrono_literals;

namespace {

void run_to_end(ChildProcess& child, const char* what) {
  if (child.exit_code(rookery::deadline_in(60s)) != 0) {
    throw std::runtime_error(std::string(what) + " failed: " + child.errors());
  }
}

}  // namespace

nlohmann::json awk_sums(const std::string& path) {
  ChildProcess awk({"env", "LC_ALL=C", "awk", "-f", "examples/archive/testdata/totals.awk", path});
  run_to_end(awk, "awk");
  nlohmann::json sums = {{"packages", 0},
                         {"sections", nlohmann::json::object()},
                         {"rejected", nlohmann::json::object()}};
  std::istringstream lines(awk.output());
  std::string kind;
  while (lines >> kind) {
    std::string name;
    std::uint64_t count = 0;
    if (kind != "packages") lines >> name;
    lines >> count;
    if (kind == "packages") sums["packages"] = count;
    if (kind == "rejected") sums["rejected"][name] = count;
    if (kind == "section") {
      std::uint64_t kib = 0;
      lines >> kib;
      sums["sections"][name] = {{"packages", count}, {"installed_size_kib", kib}};
    }
  }
  return sums;
}

nlohmann::json sums_of(const std::string& report) {
  nlohmann::json object = nlohmann::json::parse(report);
  if (object.erase("records_per_second") != 1) throw std::runtime_error("no rate: " + report);
  return object;
}

std::string machine_index_file() {
  const char* folder = std::getenv("TEST_TMPDIR");
  const std::string path = std::string(folder != nullptr ? folder : "/tmp") + "/index.txt";
  std::ofstream(path).close();
  ChildProcess apt({"sh", "-c", "if command -v apt-cache >/dev/null; then apt-cache dumpavail; fi"},
                   {.output = path});
  run_to_end(apt, "apt-cache");
  return path;
}

}  // namespace archive
