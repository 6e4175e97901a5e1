// main.cc
//
// The benchmarks: what they are is in README.md.
#include <rookery/runtime/mutant.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <regex>
#include <string>

#include "bench/allocation_figures.h"
#include "bench/consume_figures.h"
#include "bench/dispatch_figures.h"
#include "bench/figures.h"
#include "bench/group_figures.h"
#include "bench/health_figures.h"
#include "bench/lanes_figures.h"
#include "bench/lint_figures.h"
#include "bench/memory_figures.h"
#include "bench/overhead_figures.h"
#include "bench/progress_figures.h"
#include "bench/rounds.h"
#include "bench/scheduler_figures.h"
#include "bench/segments_figures.h"
#include "bench/simulation_figures.h"

namespace {

using rookery::bench::Measurements;
using rookery::bench::Settings;

struct CommandLine {
  Settings settings;
  std::string format = "text";
  std::string filter;
  bool is_list = false;
};

std::string check_regex(const std::string& text) {
  try {
    const std::regex expression(text, std::regex::extended);
    return "";
  } catch (const std::regex_error& error) {
    return "'" + text + "' is no regular expression: " + error.what();
  }
}

void set_options(CLI::App& app, CommandLine& line) {
  app.add_option("--format", line.format, "what is printed on standard output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("--filter", line.filter, "only figures whose names this matches in part")
      ->check(check_regex)
      ->type_name("REGEX");
  app.add_option("--brokers", line.settings.brokers, "bootstrap servers of a real Apache Kafka")
      ->type_name("HOST:PORT,...");
  app.add_flag("--quick", line.settings.is_quick, "tiny sizes, one round: does all of it work?");
  app.add_flag("--no-raw", line.settings.is_raw_left_out,
               "leave the alternatives out, so that a profiler sees ours alone");
  app.add_flag("--list", line.is_list, "print the figures' names, measure nothing");
}

int run(const CommandLine& line, const std::string& program) {
  Measurements measurements(line.settings);
  rookery::bench::add_consume_figures(measurements);
  rookery::bench::add_allocation_figures(measurements);
  rookery::bench::add_memory_figures(measurements);
  rookery::bench::add_overhead_figures(measurements);
  rookery::bench::add_dispatch_figures(measurements);
  rookery::bench::add_progress_figures(measurements);
  rookery::bench::add_lanes_figures(measurements);
  rookery::bench::add_segments_figures(measurements);
  rookery::bench::add_scheduler_figures(measurements);
  rookery::bench::add_simulation_figures(measurements);
  rookery::bench::add_group_figures(measurements);
  rookery::bench::add_health_figures(measurements);
  rookery::bench::add_lint_figures(measurements);
  measurements.keep_only(line.filter);
  if (measurements.names().empty()) {
    std::fprintf(stderr, "bench: no figure matches '%s'\n", line.filter.c_str());
    return 1;
  }
  if (line.is_list) {
    for (const std::string& name : measurements.names()) std::puts(name.c_str());
    return 0;
  }
#ifdef NDEBUG
  static_assert(!rookery::kHasMutants, "what is measured is what is shipped");
#else
  if (!line.settings.is_quick) {
    std::fputs("bench: not optimised: ./rookery bench, or bazel run -c opt //bench\n", stderr);
  }
#endif
  const std::string json = measurements.run(program);
  const std::string output = line.format == "json"
                                 ? rookery::bench::with_figures(json, measurements.figures())
                                 : rookery::bench::table(measurements.figures());
  const bool is_written = std::fwrite(output.data(), 1, output.size(), stdout) == output.size() &&
                          std::fflush(stdout) == 0;
  if (!is_written) std::fputs("bench: cannot write to standard output\n", stderr);
  return measurements.is_failed() || !is_written ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures Rookery, and the alternative beside each figure that has one.", "bench");
  CommandLine line;
  set_options(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
  return run(line, argv[0]);
}
