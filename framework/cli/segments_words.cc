// segments_words.cc
//
// The words and options of the segments command.
#include <rookery/cli/segments.h>

#include <rookery/cli/common_options.h>

#include <CLI/CLI.hpp>

namespace rookery {
namespace {

CLI::App* add_word(CLI::App& segments, SegmentsOptions& options, SegmentsOptions::Action action,
                   const char* name, const char* help, const char* force) {
  CLI::App* word = segments.add_subcommand(name, help);
  word->callback([&options, action] { options.action = action; });
  word->add_option("--groups", options.groups,
                   "only these groups of the routes, with commas; default: all that have segments")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("GROUP,...");
  word->add_flag("--force", options.is_forced, force);
  word->add_flag("--dry-run", options.is_dry_run, "say what would be written, write nothing");
  word->add_flag("--yes", options.is_confirmed,
                 "do not ask; where there is no terminal it is needed");
  add_format_option(*word, options.is_json);
  word->footer(std::string("Examples:\n  segments ") + name + " --dry-run\n  segments " + name +
               " --groups billing");
  return word;
}

}  // namespace

std::vector<CLI::App*> add_segments_words(CLI::App& segments, SegmentsOptions& options) {
  using Action = SegmentsOptions::Action;
  want_one_word(segments);
  return {
      add_word(
          segments, options, Action::kDistribute, "distribute",
          "copy a group's committed offsets to its segments, before they run for the first time",
          "overwrite offsets that a segment has already"),
      add_word(segments, options, Action::kCollapse, "collapse",
               "give a group the lowest of its segments' offsets, before it runs as one again or "
               "the number of segments changes",
               "although the segments differ: what others did beyond the lowest is done again"),
      add_word(segments, options, Action::kReset, "reset",
               "set all segments to the lowest of their offsets: collapse, then distribute",
               "although the segments differ: what others did beyond the lowest is done again")};
}

}  // namespace rookery
