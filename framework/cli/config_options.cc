// config_options.cc
//
// Sources are gathered here: the file, the environment without what names the file, the options.
#include <rookery/cli/config_options.h>

#include <rookery/cli/common_options.h>
#include <rookery/config/report.h>
#include <rookery/transport/librdkafka/properties.h>

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace rookery {
namespace {

constexpr const char* kFileVariable = "ROOKERY_CONFIG";

// Null when it was read.
const char* read_file(const std::string& name, std::string& text) {
  errno = 0;
  std::ifstream file(name, std::ios::binary);
  std::ostringstream all;
  if (file) all << file.rdbuf();
  if (file && !file.bad() && all) {
    text = all.str();
    return nullptr;
  }
  return errno != 0 ? std::strerror(errno) : "cannot be read";
}

KafkaNames kafka_names() { return {.mistake = librdkafka_mistake, .all = librdkafka_properties}; }

void add_command_line(const ConfigOptions& options, std::vector<Assignment>& assignments,
                      std::vector<std::string>& mistakes) {
  if (!options.brokers.empty()) {
    assignments.push_back({{"kafka", "bootstrap.servers"}, options.brokers, "--brokers"});
  }
  for (const std::string& setting : options.kafka) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      mistakes.push_back("--kafka '" + setting + "': write name=value");
      continue;
    }
    assignments.push_back(
        {{"kafka", setting.substr(0, equals)}, setting.substr(equals + 1), "--kafka"});
  }
  if (options.health_port) {
    assignments.push_back(
        {{"health", "port"}, std::to_string(*options.health_port), "--health-port"});
  }
  if (!options.health_address.empty()) {
    assignments.push_back({{"health", "address"}, options.health_address, "--health-address"});
  }
  const auto add_names = [&](const char* setting, const char* option,
                             const std::vector<std::string>& names) {
    std::string joined;
    for (const std::string& name : names) joined += (joined.empty() ? "" : ",") + name;
    if (!names.empty()) assignments.push_back({{setting}, joined, option});
  };
  add_names("include_groups", "--include-groups", options.routes.include_groups);
  add_names("exclude_groups", "--exclude-groups", options.routes.exclude_groups);
  add_names("include_topics", "--include-topics", options.routes.include_topics);
  add_names("exclude_topics", "--exclude-topics", options.routes.exclude_topics);
}

CLI::App* add_word(CLI::App& config, ConfigWord& word, ConfigWord::Action action, const char* name,
                   const char* help) {
  CLI::App* added = config.add_subcommand(name, help);
  added->callback([&word, action] { word.action = action; });
  add_format_option(*added, word.is_json);
  return added;
}

int explain(const ConfigWord& word) {
  const std::string text = explain_settings(word.part);
  if (text.empty()) {
    return print_mistakes({"config explain: there is no setting with '" + word.part +
                           "' in its name; config explain tells of all"});
  }
  std::fputs(word.is_json ? explain_settings_json(word.part).c_str() : text.c_str(), stdout);
  return 0;
}

}  // namespace

void add_config_options(CLI::App& word, ConfigOptions& options) {
  word.add_option(
          "--config", options.file,
          "a YAML file of settings (config explain tells of them); default: what the variable "
          "ROOKERY_CONFIG names, or none")
      ->type_name("FILE");
  word.add_option("--brokers", options.brokers,
                  "some brokers of the cluster, with commas (bootstrap.servers); default: what the "
                  "settings say")
      ->option_text("HOST:PORT,...");
  word.add_option("--kafka", options.kafka,
                  "a setting for every Kafka client, under librdkafka's name; may be repeated")
      ->type_name("NAME=VALUE");
}

void add_health_port_options(CLI::App& word, ConfigOptions& options) {
  word.add_option("--health-port", options.health_port,
                  "answer /live, /ready and /metrics over HTTP on this port, for Kubernetes and "
                  "Prometheus; by custom 3000; default: what the settings say, or none")
      ->type_name("PORT")
      ->check(CLI::Range(1, 65'535));
  word.add_option("--health-address", options.health_address,
                  "listen on this address; default: what the settings say, or 0.0.0.0, all of IPv4")
      ->type_name("HOST");
}

Configured load_config(App app, ProgramOptions program, const ConfigOptions& options) {
  ConfigSources sources{.file = options.file, .environment = process_environment()};
  std::vector<std::string> mistakes;
  std::erase_if(sources.environment, [&](const auto& variable) {
    if (variable.first != kFileVariable) return false;
    if (sources.file.empty()) sources.file = variable.second;
    return true;
  });
  if (!sources.file.empty()) {
    if (const char* why = read_file(sources.file, sources.text)) {
      mistakes.push_back(sources.file + ": " + why);
      sources.file.clear();
    }
  }
  add_command_line(options, sources.command_line, mistakes);
  Configured configured = configure(std::move(app), std::move(program), sources, kafka_names());
  configured.mistakes.insert(configured.mistakes.begin(), mistakes.begin(), mistakes.end());
  return configured;
}

void add_config_words(CLI::App& config, ConfigWord& word, ConfigOptions& options) {
  using Action = ConfigWord::Action;
  want_one_word(config);
  CLI::App* explain = add_word(config, word, Action::kExplain, "explain",
                               "tell of every setting: what it does, its type, its default, and "
                               "the environment variable that sets it");
  explain->add_option("PART", word.part, "only settings with this in their name; default: all");
  explain->footer("Examples:\n  config explain\n  config explain retry_backoff");
  for (CLI::App* reader :
       {add_word(config, word, Action::kShow, "show",
                 "show every setting of this program, its value, and where that is from"),
        add_word(config, word, Action::kCheck, "check",
                 "say what is wrong with the settings, each mistake with its place; exit code 1: "
                 "something is")}) {
    add_config_options(*reader, options);
    add_health_port_options(*reader, options);
    reader->footer("Example: config " + reader->get_name() + " --config billing.yaml");
  }
}

int run_config(App app, ProgramOptions program, const ConfigWord& word,
               const ConfigOptions& options) {
  if (word.action == ConfigWord::Action::kExplain) return explain(word);
  const Configured configured = load_config(std::move(app), std::move(program), options);
  if (word.action == ConfigWord::Action::kShow) {
    std::fputs(word.is_json ? shown_json(configured).c_str() : shown_text(configured).c_str(),
               stdout);
  } else if (word.is_json) {
    std::fputs(mistakes_json(configured).c_str(), stdout);
  } else if (configured.mistakes.empty()) {
    std::printf("ok: %zu settings beside the program's own\n", configured.places.size());
  }
  return print_mistakes(configured.mistakes);
}

int print_mistakes(const std::vector<std::string>& mistakes) {
  for (const std::string& mistake : mistakes) std::fprintf(stderr, "error: %s\n", mistake.c_str());
  return mistakes.empty() ? 0 : 1;
}

}  // namespace rookery
