// main.cc
//
// Words of the command line. Parsing is CLI11's.
#include <rookery/cli/main.h>

#include <rookery/cli/config_options.h>
#include <rookery/cli/dlq.h>
#include <rookery/cli/health_command.h>
#include <rookery/cli/routes.h>
#include <rookery/cli/segments.h>
#include <rookery/transport/librdkafka/transport.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

int print_error(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return 1;
}

// What words need that work at a cluster: the routes as they are configured, and a transport.
struct Configuration {
  std::optional<Configured> configured;  // none: mistakes were told
  std::unique_ptr<Transport> transport;
};

ProgramOptions own_options(const MainOptions& options) {
  return {.polling_ttl = options.health.polling_ttl, .consuming_ttl = options.health.consuming_ttl};
}

App own_app(const std::function<App()>& make_app, const MainOptions& options) {
  App app = make_app();
  app.options().kafka.insert(options.kafka.begin(), options.kafka.end());
  return app;
}

Configuration configuration(const std::function<App()>& make_app, const MainOptions& options,
                            const ConfigOptions& config) {
  Configured configured = load_config(own_app(make_app, options), own_options(options), config);
  const ConfigMap& kafka = configured.app.options().kafka;
  const bool is_without_broker =
      !kafka.contains("bootstrap.servers") && !kafka.contains("metadata.broker.list");
  if (is_without_broker && configured.mistakes.empty()) {
    configured.mistakes.emplace_back("no broker named: use --brokers host:port");
  }
  if (print_mistakes(configured.mistakes) != 0) return {};
  auto transport = make_librdkafka_transport(kafka);
  return {.configured = std::move(configured), .transport = std::move(transport)};
}

int serve(Configuration configuration, RunOptions run) {
  if (!configuration.configured) return 1;
  const ProgramOptions& program = configuration.configured->program;
  if (program.health_port) {
    HealthOptions health{.port = *program.health_port};
    health.address = program.health_address.value_or(health.address);
    health.limits.polling_ttl = program.polling_ttl.value_or(health.limits.polling_ttl);
    health.limits.consuming_ttl = program.consuming_ttl.value_or(health.limits.consuming_ttl);
    run.health = std::move(health);
  }
  run.log_level = program.log_level.value_or(run.log_level);
  return run_server(std::move(configuration.configured->app), *configuration.transport, run);
}

int work_at_dead_letters(const Configuration& configuration, const DlqOptions& options) {
  if (!configuration.configured) return 1;
  const Status done = run_dlq(configuration.configured->app, *configuration.transport, options,
                              standard_terminal());
  return done ? 0 : print_error(done.error().message);
}

int move_segments(const Configuration& configuration, const SegmentsOptions& options) {
  if (!configuration.configured) return 1;
  const Status done = run_segments(configuration.configured->app, *configuration.transport, options,
                                   standard_terminal());
  return done ? 0 : print_error(done.error().message);
}

int tell_health(const HealthCommandOptions& options) {
  const Result<HealthOutcome> outcome = ask_health(options);
  if (!outcome) return print_error(outcome.error().message);
  std::printf("%s\n", outcome->body.c_str());
  return outcome->is_healthy ? 0 : 1;
}

void add_segments_option(CLI::App& server, RunOptions& run) {
  server
      .add_option("--segments", run.segments,
                  "which parallel segments run here, with commas: 0,2; default: all")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("N,...");
}

void add_commands(CLI::App& line, std::vector<Command>& commands, int& code) {
  for (Command& command : commands) {
    CLI::App* word = line.add_subcommand(command.name, command.help);
    word->prefix_command();
    word->set_help_flag();  // the command's own words begin here
    word->callback([&command, &code, word] { code = command.run(word->remaining()); });
  }
}

int parse_and_run(const std::function<App()>& make_app, int argc, char** argv,
                  MainOptions& options) {
  CLI::App line(options.description.empty() ? "A Rookery program" : options.description);
  if (argc > 0) line.name(argv[0]);
  line.require_subcommand(0, 1);
  int code = 0;
  CLI::App* server = line.add_subcommand(
      "server", "consume until INT, TERM or QUIT; TSTP: take nothing new; TTIN: dump stacks");
  ConfigOptions config;
  const auto configured = [&] { return configuration(make_app, options, config); };
  add_config_options(*server, config);
  add_health_port_options(*server, config);
  RunOptions run;
  add_segments_option(*server, run);
  server->callback([&] { code = serve(configured(), run); });

  std::string routes_format = "text";
  CLI::App* routes = line.add_subcommand("routes", "print the routes, and what is wrong with them");
  routes->add_option("--format", routes_format, "text, or json for programs such as rookery-lint")
      ->check(CLI::IsMember({"text", "json"}));
  routes->callback([&] {
    code = print_routes(
        make_app(),
        {.is_json = routes_format == "json", .topics = options.topics, .kafka = options.kafka});
  });

  DlqOptions dlq;
  CLI::App* dead_letters = line.add_subcommand("dlq", kDlqHelp);
  for (CLI::App* word : add_dlq_words(*dead_letters, dlq)) add_config_options(*word, config);
  dead_letters->callback([&] { code = work_at_dead_letters(configured(), dlq); });

  SegmentsOptions segments;
  CLI::App* segments_word = line.add_subcommand("segments", kSegmentsHelp);
  for (CLI::App* word : add_segments_words(*segments_word, segments)) {
    add_config_options(*word, config);
  }
  segments_word->callback([&] { code = move_segments(configured(), segments); });

  ConfigWord config_word;
  CLI::App* config_words = line.add_subcommand("config", kConfigHelp);
  add_config_words(*config_words, config_word, config);
  config_words->callback([&] {
    code = run_config(own_app(make_app, options), own_options(options), config_word, config);
  });

  HealthCommandOptions health;
  CLI::App* health_word = line.add_subcommand("health", kHealthHelp);
  add_health_options(*health_word, health);
  health_word->callback([&] { code = tell_health(health); });

  add_commands(line, options.commands, code);
  CLI::App* help_word = line.add_subcommand("help", "print this");
  // Once a word was read, CLI11 would answer that word's help.
  const std::string help_text = line.help();
  help_word->callback([&help_text] { std::fputs(help_text.c_str(), stdout); });

  try {
    line.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return line.exit(help);
  } catch (const CLI::ExtrasError&) {
    std::vector<std::string> extras = line.remaining(true);
    return print_error("unknown word '" + (extras.empty() ? std::string() : extras.front()) +
                       "'; try --help");
  } catch (const CLI::ParseError& error) {
    return print_error(error.what());
  }
  if (line.get_subcommands().empty()) std::fputs(help_text.c_str(), stdout);
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
