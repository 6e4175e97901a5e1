// dlq_words.cc
//
// The words and options of the dlq command.
#include <rookery/cli/dlq.h>

#include <rookery/base/duration.h>
#include <rookery/cli/common_options.h>
#include <rookery/cli/moment.h>
#include <rookery/runtime/time.h>

#include <CLI/CLI.hpp>

#include <charconv>

namespace rookery {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& why) {
  throw CLI::ValidationError(option, why);
}

Timestamp moment_of(const std::string& option, const std::string& text) {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(wall_now());
  const Result<Timestamp> moment = parse_moment(text, now);
  if (!moment) refuse(option, moment.error().message);
  return *moment;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// "orders.v1.dlq-3@17"
TopicPartitionOffset place_of(const std::string& text) {
  const std::size_t at = text.rfind('@');
  const std::size_t dash = at == std::string::npos ? at : text.rfind('-', at);
  if (dash != std::string::npos && dash > 0) {
    const auto partition =
        number_in<PartitionId>(std::string_view(text).substr(dash + 1, at - dash - 1));
    const auto offset = number_in<Offset>(std::string_view(text).substr(at + 1));
    if (partition && offset) return {{text.substr(0, dash), *partition}, *offset};
  }
  refuse("show", "'" + text + "' is no TOPIC-PARTITION@OFFSET, such as orders.v1.dlq-3@17");
}

void add_filters(CLI::App& word, DlqOptions& options, const char* limit) {
  word.add_option("--topic", options.topics,
                  "a dead letter topic; may be repeated; default: those of the program's routes")
      ->type_name("TOPIC")
      ->allow_extra_args(false);
  word.add_option("--class", options.error_class,
                  "only those of this class of error, with or without its namespaces")
      ->type_name("CLASS");
  word.add_option_function<std::string>(
          "--since",
          [&options](const std::string& text) { options.since = moment_of("--since", text); },
          "only those written at that time or later: so long ago (2h), a time in UTC (2026-11-24, "
          "2026-11-24T12:30:00Z)")
      ->type_name("TIME");
  word.add_option_function<std::string>(
          "--until",
          [&options](const std::string& text) { options.until = moment_of("--until", text); },
          "only those written before that time, given as with --since")
      ->type_name("TIME");
  word.add_option_function<std::string>(
          "--limit",
          [&options](const std::string& text) {
            options.limit = number_in<std::uint64_t>(text);
            if (!options.limit || *options.limit == 0) {
              refuse("--limit", "'" + text + "' is no number above 0");
            }
          },
          limit)
      ->type_name("N");
}

CLI::App* add_word(CLI::App& dlq, DlqOptions& options, DlqOptions::Action action, const char* name,
                   const char* help) {
  CLI::App* word = dlq.add_subcommand(name, help);
  word->callback([&options, action] { options.action = action; });
  add_format_option(*word, options.is_json);
  return word;
}

}  // namespace

std::vector<CLI::App*> add_dlq_words(CLI::App& dlq, DlqOptions& options) {
  using Action = DlqOptions::Action;
  want_one_word(dlq);
  CLI::App* list =
      add_word(dlq, options, Action::kList, "list", "list dead letters, the newest last");
  add_filters(*list, options, "only the newest so many; default 100");
  CLI::App* show = add_word(dlq, options, Action::kShow, "show", "show one dead letter whole");
  show->add_option_function<std::string>(
          "place", [&options](const std::string& text) { options.place = place_of(text); },
          "where it is, as dlq list says: TOPIC-PARTITION@OFFSET")
      ->required()
      ->type_name("PLACE");
  CLI::App* redrive =
      add_word(dlq, options, Action::kRedrive, "redrive",
               "send dead letters back to the topics they are from; they stay where they are, too");
  add_filters(*redrive, options, "the first so many that match; default: all");
  redrive->add_flag("--dry-run", options.is_dry_run, "say what would be sent, send nothing");
  redrive->add_flag("--yes", options.is_confirmed,
                    "do not ask; where there is no terminal it is needed");
  list->footer("Example: dlq list --class MissingAmount --since 2h");
  show->footer("Example: dlq show orders.v1.dlq-3@17");
  redrive->footer(
      "Examples:\n"
      "  dlq redrive --topic orders.v1.dlq --dry-run\n"
      "  dlq redrive --class MissingAmount --since 2h --yes");
  return {list, show, redrive};
}

}  // namespace rookery
