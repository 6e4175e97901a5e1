// main.cc
//
// Words of the command line. Parsing is CLI11's.
#include <rookery/cli/main.h>

#include <rookery/base/nearest.h>
#include <rookery/cli/common_options.h>
#include <rookery/cli/config_options.h>
#include <rookery/cli/dlq.h>
#include <rookery/cli/groups.h>
#include <rookery/cli/health_command.h>
#include <rookery/cli/help_format.h>
#include <rookery/cli/route_filter.h>
#include <rookery/cli/routes.h>
#include <rookery/cli/segments.h>
#include <rookery/cli/topics.h>
#include <rookery/cli/word.h>
#include <rookery/tracing/otlp_exporter.h>
#include "framework/cli/words.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

// ---- server

int serve(Configuration configuration, RunOptions run) {
  if (!configuration.configured) return 1;
  auto left_out = choose_routes(configuration.configured->app,
                                route_filter_of(configuration.configured->program));
  if (!left_out) return print_error(left_out.error().message);
  run.left_out = *std::move(left_out);
  const ProgramOptions& program = configuration.configured->program;
  if (program.health_port) {
    HealthOptions health{.port = *program.health_port};
    health.address = program.health_address.value_or(health.address);
    health.limits.polling_ttl = program.polling_ttl.value_or(health.limits.polling_ttl);
    health.limits.consuming_ttl = program.consuming_ttl.value_or(health.limits.consuming_ttl);
    run.health = std::move(health);
  }
  run.log.level = program.log_level.value_or(run.log.level);
  run.log.format = program.log_format.value_or(run.log.format);
  run.log.similar_errors = program.log_similar_errors.value_or(run.log.similar_errors);
  Tracing& tracing = configuration.configured->app.options().tracing;
  if (program.otlp_sample_one_in) tracing.sample_one_in = *program.otlp_sample_one_in;
  if (program.otlp_endpoint) {
    auto exporter =
        make_otlp_exporter({.endpoint = *program.otlp_endpoint,
                            .service_name = configuration.configured->app.options().client_id});
    if (!exporter) return print_error(exporter.error().message);
    tracing.exporter = std::move(*exporter);
  }
  return run_server(std::move(configuration.configured->app), *configuration.transport, run);
}

void add_server_word(const WordContext& context) {
  CLI::App* word =
      context.line.add_subcommand("server", "run the program's consumers until it is told to stop");
  add_config_options(*word, context.config);
  add_health_port_options(*word, context.config);
  const auto run = std::make_shared<RunOptions>();
  word->add_option("--segments", run->segments,
                   "run only these parallel segments, by number, with commas: 0,2; default: all")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("N,...");
  add_route_filter_options(*word, context.config.routes);
  word->footer(
      "Signals: INT, TERM and QUIT end the work in order; TSTP: take no new records; TTIN: write "
      "what it is at and the stacks of all threads to standard error.\n"
      "Exit codes: 0: ended in order, 1: could not start, 2: work did not end in time "
      "(shutdown_timeout) or a client failed.\n"
      "Examples:\n"
      "  server --brokers kafka:9092 --health-port 3000\n"
      "  server --config billing.yaml --include-groups billing,mail");
  word->callback([context, run] { context.code = serve(context.configured(), *run); });
}

// ---- Words with a file of their own

void add_routes_word(const WordContext& context) {
  CLI::App* word =
      context.line.add_subcommand("routes",
                                  "print which groups consume which topics, and what is wrong with "
                                  "that; exit code 1: something is");
  const auto is_json = std::make_shared<bool>(false);
  add_format_option(*word, *is_json, "text, or json with all settings of each, for programs");
  word->footer(
      "Examples:\n"
      "  routes\n"
      "  routes --format json");
  word->callback([context, is_json] {
    context.code =
        print_routes(context.make_app(), {.is_json = *is_json, .kafka = context.options.kafka});
  });
}

void add_dlq_word(const WordContext& context) {
  const auto options = std::make_shared<DlqOptions>();
  CLI::App* word = context.line.add_subcommand("dlq", kDlqHelp);
  for (CLI::App* sub : add_dlq_words(*word, *options)) add_config_options(*sub, context.config);
  word->callback([context, options] {
    const Configuration at = context.configured();
    context.code =
        !at.configured
            ? 1
            : exit_code(run_dlq(at.configured->app, *at.transport, *options, standard_terminal()));
  });
}

void add_segments_word(const WordContext& context) {
  const auto options = std::make_shared<SegmentsOptions>();
  CLI::App* word = context.line.add_subcommand("segments", kSegmentsHelp);
  for (CLI::App* sub : add_segments_words(*word, *options)) {
    add_config_options(*sub, context.config);
  }
  word->callback([context, options] {
    const Configuration at = context.configured();
    context.code = !at.configured ? 1
                                  : exit_code(run_segments(at.configured->app, *at.transport,
                                                           *options, standard_terminal()));
  });
}

void add_groups_word(const WordContext& context) {
  const auto options = std::make_shared<GroupsOptions>();
  CLI::App* word = context.line.add_subcommand("groups", kGroupsHelp);
  for (CLI::App* sub : add_groups_words(*word, *options)) add_config_options(*sub, context.config);
  word->callback([context, options] {
    const Configuration at = context.configured();
    context.code = !at.configured ? 1
                                  : exit_code(run_groups(at.configured->app, *at.transport,
                                                         *options, standard_terminal()));
  });
}

void add_topics_word(const WordContext& context) {
  const auto options = std::make_shared<TopicsOptions>();
  CLI::App* word = context.line.add_subcommand("topics", kTopicsHelp);
  for (CLI::App* sub : add_topics_words(*word, *options)) add_config_options(*sub, context.config);
  word->callback([context, options] {
    const Configuration at = context.configured();
    context.code = 1;
    if (!at.configured) return;
    const Result<int> done =
        run_topics(at.configured->app, *at.transport, *options, standard_terminal());
    context.code = done ? *done : print_error(done.error().message);
  });
}

void add_config_word(const WordContext& context) {
  const auto options = std::make_shared<ConfigWord>();
  CLI::App* word = context.line.add_subcommand("config", kConfigHelp);
  add_config_words(*word, *options, context.config);
  word->callback([context, options] {
    App app = context.own_app();
    ProgramOptions own = context.own_options(app);
    context.code = run_config(std::move(app), std::move(own), *options, context.config);
  });
}

int tell_health(const HealthCommandOptions& options) {
  const Result<HealthOutcome> outcome = ask_health(options);
  if (!outcome) return print_error(outcome.error().message);
  std::printf("%s\n", outcome->text.c_str());
  return outcome->is_healthy ? 0 : 1;
}

void add_health_word(const WordContext& context) {
  const auto options = std::make_shared<HealthCommandOptions>();
  CLI::App* word = context.line.add_subcommand("health", kHealthHelp);
  add_health_options(*word, *options);
  word->callback([context, options] { context.code = tell_health(*options); });
}

// ---- The program's own

void add_commands(const WordContext& context) {
  for (const Command& command : context.options.commands) {
    CLI::App* word = context.line.add_subcommand(command.name, command.help);
    word->prefix_command();
    word->set_help_flag();  // the command's own words begin here
    word->callback([context, &command, word] { context.code = command.run(word->remaining()); });
  }
}

// Every word, in the order of help.
constexpr auto kWords = {add_server_word,    add_routes_word, add_topics_word,   add_groups_word,
                         add_read_word,      add_dlq_word,    add_segments_word, add_config_word,
                         add_info_word,      add_health_word, add_simulate_word, add_commands,
                         add_completion_word};

// What is wrong with the first word that nobody took, and what was meant.
std::string unknown_word(const CLI::App& line) {
  const std::vector<std::string> extras = line.remaining(true);
  const std::string typed = extras.empty() ? "" : extras.front();
  const CLI::App* last = &line;
  while (!last->get_subcommands().empty()) last = last->get_subcommands().back();
  std::vector<std::string> known;
  for (const CLI::App* word : last->get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(word->get_name());
  }
  const bool is_option = typed.starts_with('-');
  if (is_option) known.clear();
  for (const CLI::Option* option : last->get_options()) {
    if (!is_option) break;
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string meant = nearest(typed.substr(0, typed.find('=')), known);
  return std::string("unknown ") + (is_option ? "option '" : "word '") + typed + "'" +
         (meant.empty() ? "; try --help" : ": did you mean " + meant + "?");
}

int parse(CLI::App& line, int argc, char** argv) {
  try {
    line.parse(argc, argv);
    return 0;
  } catch (const CLI::CallForHelp& help) {
    return line.exit(help);
  } catch (const CLI::ExtrasError&) {
    return print_error(unknown_word(line));
  } catch (const CLI::ParseError& error) {
    return print_error(error.what());
  }
}

int parse_and_run(const std::function<App()>& make_app, int argc, char** argv,
                  const MainOptions& options) {
  CLI::App line(options.description.empty() ? "A Rookery program" : options.description);
  const std::string path = argc > 0 ? argv[0] : "";
  line.name(path.substr(path.rfind('/') + 1));
  line.formatter(help_format(help_width()));
  line.footer(
      "Each word says more with --help.\n"
      "Settings come from a file, the environment and the command "
      "line: config explain tells of all.");
  line.require_subcommand(0, 1);
  int code = 0;
  ConfigOptions config;
  const WordContext context{line, make_app, options, config, code};
  for (const auto add_word : kWords) add_word(context);

  CLI::App* help_word = line.add_subcommand("help", "print this");
  // Once a word was read, CLI11 would answer that word's help.
  const std::string help_text = line.help();
  help_word->callback([&help_text] { std::fputs(help_text.c_str(), stdout); });

  const int mistaken = parse(line, argc, argv);
  if (mistaken != 0) return mistaken;
  if (argc <= 1) std::fputs(help_text.c_str(), stdout);
  return code;
}

}  // namespace

int main(const std::function<App()>& app, int argc, char** argv, MainOptions options) {
  try {
    return parse_and_run(app, argc, argv, options);
  } catch (const std::exception& exception) {
    return print_error(exception.what());
  }
}

}  // namespace rookery
