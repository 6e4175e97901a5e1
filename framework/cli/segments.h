// segments.h
//
// The segments command of every program: offsets of a group go to its parallel segments and back.
//
//   billing segments distribute --dry-run
//   billing segments collapse --groups billing,mail --force
//   billing segments reset --yes
//
// distribute: before a group runs as segments for the first time; each begins where the group was.
// collapse: before it runs as one group again, or with another number of segments. reset: both, so
// that all segments go on from the lowest of them. segments_plan.h says what is refused; beside
// that the groups must have no members, whatever is forced.
//
// Thread rules: one thread; blocks until done. Patience with silent brokers: 30 s.
#pragma once

#include <rookery/base/result.h>
#include <rookery/cli/terminal.h>
#include <rookery/routing/app.h>
#include <rookery/transport/transport.h>

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rookery {

inline constexpr const char* kSegmentsHelp =
    "move offsets between a group and its parallel segments";

struct SegmentsOptions {
  enum class Action { kDistribute, kCollapse, kReset };
  Action action = Action::kDistribute;

  std::vector<std::string> groups = {};  // of the routes; none: all that have segments
  bool is_forced = false;
  bool is_json = false;
  bool is_dry_run = false;
  bool is_confirmed = false;  // --yes
};

// Gives the subcommand its words, which it wants exactly one of; answers them, for options of one's
// own. `options` outlives the parsing, which throws CLI::ParseError with one line.
std::vector<CLI::App*> add_segments_words(CLI::App& segments, SegmentsOptions& options);

// All groups are looked at before anything is written, and a person is asked unless it is
// confirmed. Errors, one line each: kInvalidArgument, a group without segments, or nobody to ask;
// kNonEmptyGroup, naming members; kState, what the plan refuses, or the person; and what the
// brokers say, with what was written until then.
Status run_segments(const App& app, Transport& transport, const SegmentsOptions& options,
                    const Terminal& terminal);

}  // namespace rookery
