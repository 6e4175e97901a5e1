// main.cc
//
// Words of the command line. Parsing is CLI11's.
#include <rookery/cli/main.h>

#include <rookery/cli/dlq.h>
#include <rookery/cli/health_command.h>
#include <rookery/cli/routes.h>
#include <rookery/cli/segments.h>
#include <rookery/transport/librdkafka/transport.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace rookery {
namespace {

// "--kafka name=value", "--brokers list": settings for every client, over the program's own.
struct KafkaOptions {
  std::string brokers;
  std::vector<std::string> settings;

  void add_to(CLI::App& command) {
    command.add_option("--brokers", brokers,
                       "host:port of some brokers, with commas (bootstrap.servers)");
    command.add_option("--kafka", settings,
                       "a setting under librdkafka's name: name=value; may be repeated");
  }

  Result<ConfigMap> over(ConfigMap config) const {
    if (!brokers.empty()) config["bootstrap.servers"] = brokers;
    for (const std::string& setting : settings) {
      const std::size_t equals = setting.find('=');
      if (equals == std::string::npos || equals == 0) {
        return fail(ErrorCode::kInvalidArgument, "--kafka '" + setting + "': write name=value");
      }
      config[setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    if (!config.contains("bootstrap.servers")) {
      return fail(ErrorCode::kInvalidArgument, "no broker named: use --brokers host:port");
    }
    return config;
  }
};

int print_error(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return 1;
}

int serve(const std::function<App()>& make_app, const KafkaOptions& kafka, const ConfigMap& base,
          const RunOptions& options) {
  App app = make_app();
  const Result<ConfigMap> config = kafka.over(base);
  if (!config) return print_error(config.error().message);
  const auto transport = make_librdkafka_transport(*config);
  return run_server(std::move(app), *transport, options);
}

int work_at_dead_letters(const std::function<App()>& make_app, const KafkaOptions& kafka,
                         const ConfigMap& base, const DlqOptions& options) {
  const Result<ConfigMap> config = kafka.over(base);
  if (!config) return print_error(config.error().message);
  const auto transport = make_librdkafka_transport(*config);
  const Status done = run_dlq(make_app(), *transport, options, standard_terminal());
  return done ? 0 : print_error(done.error().message);
}

int move_segments(const std::function<App()>& make_app, const KafkaOptions& kafka,
                  const ConfigMap& base, const SegmentsOptions& options) {
  const Result<ConfigMap> config = kafka.over(base);
  if (!config) return print_error(config.error().message);
  const auto transport = make_librdkafka_transport(*config);
  const Status done = run_segments(make_app(), *transport, options, standard_terminal());
  return done ? 0 : print_error(done.error().message);
}

int tell_health(const HealthCommandOptions& options) {
  const Result<HealthOutcome> outcome = ask_health(options);
  if (!outcome) return print_error(outcome.error().message);
  std::printf("%s\n", outcome->body.c_str());
  return outcome->is_healthy ? 0 : 1;
}

// "--health-port", "--health-address".
struct ProbeOptions {
  std::optional<int> port;
  std::string address = HealthOptions().address;

  void add_to(CLI::App& command) {
    command
        .add_option("--health-port", port,
                    "answer /live, /ready and /metrics over HTTP there, for Kubernetes and "
                    "Prometheus; by custom 3000")
        ->type_name("PORT")
        ->check(CLI::Range(1, 65'535));
    command.add_option("--health-address", address, "on this address; default: on all")
        ->type_name("HOST")
        ->needs("--health-port");
  }
  std::optional<HealthOptions> options(const HealthLimits& limits) const {
    if (!port) return std::nullopt;
    return HealthOptions{.address = address, .port = *port, .limits = limits};
  }
};

void add_segments_option(CLI::App& server, RunOptions& run) {
  server
      .add_option("--segments", run.segments,
                  "which parallel segments run here, with commas: 0,2; default: all")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("N,...");
}

int parse_and_run(const std::function<App()>& make_app, int argc, char** argv,
                  MainOptions& options) {
  CLI::App line(options.description.empty() ? "A Rookery program" : options.description);
  if (argc > 0) line.name(argv[0]);
  line.require_subcommand(0, 1);
  int code = 0;

  CLI::App* server = line.add_subcommand(
      "server", "consume until INT, TERM or QUIT; TSTP: take nothing new; TTIN: dump stacks");
  KafkaOptions kafka;
  kafka.add_to(*server);
  RunOptions run;
  add_segments_option(*server, run);
  ProbeOptions probes;
  probes.add_to(*server);
  server->callback([&] {
    run.health = probes.options(options.health);
    code = serve(make_app, kafka, options.kafka, run);
  });

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
  for (CLI::App* word : add_dlq_words(*dead_letters, dlq)) kafka.add_to(*word);
  dead_letters->callback([&] { code = work_at_dead_letters(make_app, kafka, options.kafka, dlq); });

  SegmentsOptions segments;
  CLI::App* segments_word = line.add_subcommand("segments", kSegmentsHelp);
  for (CLI::App* word : add_segments_words(*segments_word, segments)) kafka.add_to(*word);
  segments_word->callback([&] { code = move_segments(make_app, kafka, options.kafka, segments); });

  HealthCommandOptions health;
  CLI::App* health_word = line.add_subcommand("health", kHealthHelp);
  add_health_options(*health_word, health);
  health_word->callback([&] { code = tell_health(health); });

  for (Command& command : options.commands) {
    CLI::App* word = line.add_subcommand(command.name, command.help);
    word->prefix_command();
    word->set_help_flag();  // the command's own words begin here
    word->callback([&command, &code, word] { code = command.run(word->remaining()); });
  }
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
