// config_options.h
//
// Options of every word that reads the configuration, and the config word: what can be set, what is
// set, and what is wrong with it.
//
//   billing server --config billing.yaml --brokers kafka:9092
//   billing config explain groups
//   billing config show --config billing.yaml
//   billing config check --config billing.yaml
//
// Thread rules: one thread.
#pragma once

#include <rookery/cli/route_filter.h>
#include <rookery/config/configure.h>

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rookery {

struct ConfigOptions {
  std::string file;     // empty: as ROOKERY_CONFIG says; else none
  std::string brokers;  // bootstrap.servers
  std::vector<std::string> kafka;
  std::optional<int> health_port;
  std::string health_address;
  RouteFilter routes;  // of the server word
};

// "--config", "--brokers", "--kafka".
void add_config_options(CLI::App& word, ConfigOptions& options);
// "--health-port", "--health-address".
void add_health_port_options(CLI::App& word, ConfigOptions& options);

// The program's own options with all of that laid over them. A file that cannot be read is a
// mistake, too.
Configured load_config(App app, ProgramOptions program, const ConfigOptions& options);

inline constexpr const char* kConfigHelp =
    "explain, show and check settings from file, environment and command line";

struct ConfigWord {
  enum class Action { kExplain, kShow, kCheck };
  Action action = Action::kExplain;
  std::string part = {};  // of what is explained; empty: all
  bool is_json = false;
};
// Gives the subcommand its words, which it wants exactly one of. `word` and `options` outlive the
// parsing, which throws CLI::ParseError with one line.
void add_config_words(CLI::App& config, ConfigWord& word, ConfigOptions& options);

// Writes on standard output, and each mistake as a line on standard error; answers the exit code: 1
// when there are mistakes, or nothing of that name to explain.
int run_config(App app, ProgramOptions program, const ConfigWord& word,
               const ConfigOptions& options);

// Each mistake as a line of error; the exit code for it.
int print_mistakes(const std::vector<std::string>& mistakes);

}  // namespace rookery
