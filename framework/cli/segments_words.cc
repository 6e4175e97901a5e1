// segments_words.cc
//
// The words and options of the segments command.
#include <rookery/cli/segments.h>

#include <CLI/CLI.hpp>

namespace rookery {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& why) {
  throw CLI::ValidationError(option, why);
}

CLI::App* add_word(CLI::App& segments, SegmentsOptions& options, SegmentsOptions::Action action,
                   const char* name, const char* help, const char* force) {
  CLI::App* word = segments.add_subcommand(name, help);
  word->callback([&options, action] { options.action = action; });
  word->add_option("--groups", options.groups,
                   "groups of the routes, with commas; default: all that have segments")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("GROUP,...");
  word->add_flag("--force", options.is_forced, force);
  word->add_flag("--dry-run", options.is_dry_run, "say what would be written, write nothing");
  word->add_option_function<std::string>(
          "--format",
          [&options](const std::string& text) {
            if (text != "text" && text != "json") {
              refuse("--format", "'" + text + "' is neither text nor json");
            }
            options.is_json = text == "json";
          },
          "text or json")
      ->type_name("FORMAT");
  return word;
}

}  // namespace

std::vector<CLI::App*> add_segments_words(CLI::App& segments, SegmentsOptions& options) {
  using Action = SegmentsOptions::Action;
  segments.require_subcommand(0, 1);
  segments.parse_complete_callback([&segments] {
    if (!segments.get_subcommands().empty()) return;
    const std::vector<std::string> words = segments.remaining();
    refuse("segments", words.empty()
                           ? "distribute, collapse or reset?"
                           : "unknown word '" + words.front() + "': distribute, collapse or reset");
  });
  return {
      add_word(segments, options, Action::kDistribute, "distribute",
               "a group's offsets to its segments, before they run for the first time",
               "although a segment has offsets: they are overwritten"),
      add_word(segments, options, Action::kCollapse, "collapse",
               "the lowest of the segments' offsets to their group, before it runs as one again or "
               "the number of segments changes",
               "although the segments differ: what others did beyond the lowest is done again"),
      add_word(segments, options, Action::kReset, "reset",
               "all segments to the lowest of their offsets: collapse, then distribute",
               "although the segments differ: what others did beyond the lowest is done again")};
}

}  // namespace rookery
