// word.h
//
// What a word of the command line is added with. Each word has one function that adds it, its
// options and what it does; main.cc has the list of them.
//
//   void add_topics_word(const WordContext& context) {
//     CLI::App* word = context.line.add_subcommand("topics", kTopicsHelp);
//     const auto options = std::make_shared<TopicsOptions>();
//     add_config_options(*word, *context.config);
//     word->callback([context, options] { context.code = run(context.configured(), *options); });
//   }
//
// Thread rules: one thread.
#pragma once

#include <rookery/cli/config_options.h>
#include <rookery/cli/main_options.h>
#include <rookery/routing/app.h>
#include <rookery/transport/transport.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace rookery {

// What words need that work at a cluster: the program as it is configured, and a transport.
struct Configuration {
  std::optional<Configured> configured;  // none: mistakes were told
  std::unique_ptr<Transport> transport;
};

// Copied into callbacks; everything it refers to outlives the parsing.
struct WordContext {
  CLI::App& line;
  const std::function<App()>& make_app;
  const MainOptions& options;
  ConfigOptions& config;  // for add_config_options
  int& code;              // the program's exit code

  // The program's own, before file, environment and command line. `app`: of own_app().
  App own_app() const;
  ProgramOptions own_options(const App& app) const;
  // With them; what is wrong is told to nobody yet.
  Configured load() const;
  // With them; that no broker is named is a mistake, too.
  Configuration configured() const;
};

// "error: ..." on standard error; 1.
int print_error(const std::string& message);
// The exit code; an error is printed.
int exit_code(const Status& done);

}  // namespace rookery
