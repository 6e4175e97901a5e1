// topics.h
//
// The topics command of every program: the topics that its App declares, and the cluster brought to
// that (admin/declared_topics.h says what each word does).
//
//   billing topics plan --detailed-exitcode
//   billing topics migrate --topics orders.v1 --dry-run
//
// Exit codes: 0, and 1 when something failed; with --detailed-exitcode 0: nothing to do, 1: an
// error, 2: something was changed, or would be. `health`: 1 when a topic has a problem.
//
// Thread rules: one thread; blocks until done. Patience with silent brokers: 60 s.
#pragma once

#include <rookery/admin/declared_topics.h>
#include <rookery/base/result.h>
#include <rookery/cli/terminal.h>
#include <rookery/routing/app.h>
#include <rookery/transport/transport.h>

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rookery {

inline constexpr const char* kTopicsHelp =
    "create, change, check and delete the topics that the program declares";

struct TopicsOptions {
  enum class Action { kList, kPlan, kHealth, kCarryOut };
  Action action = Action::kPlan;
  TopicsOrder order = TopicsOrder::kMigrate;  // of kCarryOut

  std::vector<std::string> topics = {};  // of the declared ones; none: all
  bool are_all = false;                  // list: the cluster's own topics, too (__consumer_offsets)
  bool is_detailed = false;              // --detailed-exitcode

  bool is_json = false;
  bool is_dry_run = false;
  bool is_confirmed = false;  // --yes
};

// Gives the subcommand its words, of which it wants one; answers them, for options of one's own.
// `options` outlives the parsing, which throws CLI::ParseError with one line.
std::vector<CLI::App*> add_topics_words(CLI::App& topics, TopicsOptions& options);

// The exit code. Errors, one line: what kept it from doing anything at all; of several topics the
// first that failed, with how many more.
Result<int> run_topics(const App& app, Transport& transport, const TopicsOptions& options,
                       const Terminal& terminal);

}  // namespace rookery
