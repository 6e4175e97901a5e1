// common_options.cc
//
// Checks in words of ours.
#include <rookery/cli/common_options.h>

#include <rookery/base/nearest.h>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace rookery {

void add_format_option(CLI::App& word, bool& is_json, const char* help) {
  // The braces tell completion of the values.
  const CLI::Validator is_format(
      [](std::string& text) {
        return text == "text" || text == "json" ? std::string()
                                                : "'" + text + "' is neither text nor json";
      },
      "{text,json}");
  word.add_option_function<std::string>(
          "--format", [&is_json](const std::string& text) { is_json = text == "json"; },
          std::string(help) + "; default text")
      ->type_name("FORMAT")
      ->check(is_format);
}

void want_one_word(CLI::App& group) {
  group.require_subcommand(0, 1);
  group.parse_complete_callback([&group] {
    if (!group.get_subcommands().empty()) return;
    const std::vector<std::string> typed = group.remaining();
    if (typed.empty() || typed.front() == "help") throw CLI::CallForHelp();
    std::vector<std::string> known;
    std::string all;
    for (const CLI::App* word : group.get_subcommands([](const CLI::App*) { return true; })) {
      known.push_back(word->get_name());
      all += (all.empty() ? "" : ", ") + word->get_name();
    }
    const std::string meant = nearest(typed.front(), known);
    throw CLI::ValidationError(
        group.get_name(), "unknown word '" + typed.front() + "': " +
                              (meant.empty() ? "it has " + all : "did you mean " + meant + "?"));
  });
}

}  // namespace rookery
