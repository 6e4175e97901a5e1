// command_line.cc
//
// CLI11, with its errors turned into ours.

#include "examples/archive/command_line.h"

#include <rookery/base/duration.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <vector>

namespace archive {

using rookery::ErrorCode;
using rookery::fail;
using rookery::Result;
using rookery::Status;

namespace {

constexpr const char* kDescription =
    "Indexes a Linux distribution's package archive through Kafka.\n"
    "Without a command: feeds, serves and reports in one process, on an in-process Kafka unless\n"
    "--brokers names a real one.";

constexpr const char* kFooter =
    "Input is `apt-cache dumpavail`, or a small sample where that has nothing to tell. Examples:\n"
    "  ./rookery run archive --format json\n"
    "  ./rookery run archive server --brokers localhost:9092\n"
    "  apt-cache dumpavail | ./rookery run archive feed --brokers localhost:9092 --input -\n"
    "  ./rookery run archive report --brokers localhost:9092 --wait 60s\n"
    "  ./rookery run archive dlq list --class MissingField --brokers localhost:9092";

struct Typed {
  CommandLine line;
  std::vector<std::string> settings;
  std::string wait;
};

void add_kafka_options(CLI::App& app, Typed& typed) {
  app.add_option("--brokers", typed.line.brokers, "a Kafka's bootstrap servers, host:port,...")
      ->type_name("LIST");
  app.add_option("--topic-prefix", typed.line.topic_prefix,
                 "put before the names of topics and group")
      ->type_name("TEXT");
  app.add_option("--set", typed.settings,
                 "a setting of every Kafka client under librdkafka's name; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void add_input_option(CLI::App& app, Typed& typed) {
  app.add_option("--input", typed.line.input,
                 "a package index instead of the machine's; - is stdin")
      ->type_name("FILE");
}

void add_format_option(CLI::App& app, Typed& typed) {
  app.add_option_function<std::string>(
         "--format",
         [&typed](const std::string& word) {
           if (word != "text" && word != "json") {
             throw CLI::ValidationError("--format", "'" + word + "' is neither text nor json");
           }
           typed.line.format = word == "json" ? Format::kJson : Format::kText;
         },
         "text or json")
      ->type_name("FORMAT");
}

void add_wait_option(CLI::App& app, Typed& typed) {
  app.add_option("--wait", typed.wait,
                 "first wait until the servers have consumed everything, as long as they go on; "
                 "give up when they do not for so long")
      ->type_name("DURATION");
}

CLI::App* add_word(CLI::App& app, Typed& typed, const char* name, Word word, const char* help) {
  CLI::App* command = app.add_subcommand(name, help);
  command->callback([&typed, word] { typed.line.word = word; });
  add_kafka_options(*command, typed);
  return command;
}

void define(CLI::App& app, Typed& typed) {
  app.name("archive");
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  add_kafka_options(app, typed);
  add_input_option(app, typed);
  add_format_option(app, typed);
  CLI::App* run = add_word(app, typed, "run", Word::kRun, "feed, server and report in one process");
  add_input_option(*run, typed);
  add_format_option(*run, typed);
  add_input_option(
      *add_word(app, typed, "feed", Word::kFeed, "send every stanza as a record, and stop"), typed);
  add_word(app, typed, "server", Word::kServer,
           "consume stanzas and write the index, until stopped");
  CLI::App* report = add_word(app, typed, "report", Word::kReport, "print what the index holds");
  add_format_option(*report, typed);
  add_wait_option(*report, typed);
  add_format_option(*add_word(app, typed, "routes", Word::kRoutes,
                              "print the routes, and what is wrong with them; needs no Kafka"),
                    typed);
  CLI::App* dlq = app.add_subcommand("dlq", rookery::kDlqHelp);
  dlq->callback([&typed] { typed.line.word = Word::kDlq; });
  for (CLI::App* word : rookery::add_dlq_words(*dlq, typed.line.dlq)) {
    add_kafka_options(*word, typed);
    add_input_option(*word, typed);
  }
}

Status take_settings(Typed& typed) {
  for (const std::string& setting : typed.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorCode::kInvalidArgument, "--set " + setting + ": NAME=VALUE expected");
    }
    typed.line.kafka[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return {};
}

Status finish(Typed& typed) {
  if (Status taken = take_settings(typed); !taken) return taken;
  if (!typed.wait.empty()) {
    const auto wait = rookery::parse_duration(typed.wait);
    if (!wait) return fail(ErrorCode::kInvalidArgument, "--wait " + wait.error().message);
    typed.line.wait = *wait;
  }
  const Word word = typed.line.word;
  const bool needs_brokers = word == Word::kFeed || word == Word::kServer || word == Word::kReport;
  if (needs_brokers && typed.line.brokers.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "--brokers is missing: only run and dlq, which then do everything in one process, "
                "have a Kafka of their own");
  }
  return {};
}

}  // namespace

Result<std::variant<CommandLine, Help>> parse_command_line(int argc, const char* const* argv) {
  constexpr auto kWords =
      std::to_array<std::string_view>({"run", "feed", "server", "report", "routes", "dlq"});
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (!first.empty() && first.front() != '-' &&
      std::find(kWords.begin(), kWords.end(), first) == kWords.end()) {
    return fail(ErrorCode::kInvalidArgument,
                "unknown command '" + std::string(first) +
                    "': run, feed, server, report, routes, dlq, or --help");
  }
  Typed typed;
  CLI::App app(kDescription);
  define(app, typed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Help{app.help()};
  } catch (const CLI::ParseError& error) {
    return fail(ErrorCode::kInvalidArgument, error.what());
  }
  if (Status finished = finish(typed); !finished) return fail(finished.error());
  return std::move(typed.line);
}

}  // namespace archive
