// topics_words.cc
//
// The words and options of the topics command.
#include <rookery/cli/topics.h>

#include <rookery/cli/common_options.h>

#include <CLI/CLI.hpp>

namespace rookery {
namespace {

using Action = TopicsOptions::Action;

CLI::App* add_word(CLI::App& topics, TopicsOptions& options, Action action, const char* name,
                   const char* help) {
  CLI::App* word = topics.add_subcommand(name, help);
  word->callback([&options, action] { options.action = action; });
  add_format_option(*word, options.is_json);
  if (action == Action::kList) return word;
  word->add_option("--topics", options.topics,
                   "only these of the declared topics, with commas; default: all")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("TOPIC,...");
  return word;
}

void add_detailed(CLI::App& word, TopicsOptions& options) {
  word.add_flag("--detailed-exitcode", options.is_detailed,
                "exit code 0: nothing to do, 1: an error, 2: changes, made or (with plan and "
                "--dry-run) to be made");
}

CLI::App* add_order(CLI::App& topics, TopicsOptions& options, TopicsOrder order, const char* help) {
  CLI::App* word =
      add_word(topics, options, Action::kCarryOut, std::string(name(order)).c_str(), help);
  word->callback([&options, order] {
    options.action = Action::kCarryOut;
    options.order = order;
  });
  add_detailed(*word, options);
  const std::string begin = "topics " + std::string(name(order));
  word->footer("Examples:\n  " + begin + " --dry-run\n  " + begin + " --topics orders.v1");
  word->add_flag("--dry-run", options.is_dry_run, "say what would change, change nothing");
  if (order == TopicsOrder::kDelete || order == TopicsOrder::kReset) {
    word->add_flag("--yes", options.is_confirmed,
                   "do not ask; where there is no terminal it is needed");
  }
  return word;
}

}  // namespace

std::vector<CLI::App*> add_topics_words(CLI::App& topics, TopicsOptions& options) {
  want_one_word(topics);
  CLI::App* list = add_word(topics, options, Action::kList, "list",
                            "list all topics of the cluster, declared or not");
  list->add_flag("--all", options.are_all, "also Kafka's own, whose names begin with __");
  CLI::App* plan = add_word(topics, options, Action::kPlan, "plan",
                            "say what migrate would change; nothing changes");
  add_detailed(*plan, options);
  list->footer("Example: topics list --format json");
  plan->footer("Example: topics plan --detailed-exitcode");
  std::vector<CLI::App*> words = {
      list,
      plan,
      add_order(topics, options, TopicsOrder::kMigrate,
                "create what is missing, add partitions, and set settings that differ"),
      add_order(topics, options, TopicsOrder::kCreate, "create declared topics that are missing"),
      add_order(topics, options, TopicsOrder::kRepartition,
                "add partitions up to the declared number; keys go to other partitions then"),
      add_order(topics, options, TopicsOrder::kAlign,
                "set declared settings that differ, and no others"),
      add_order(topics, options, TopicsOrder::kReset,
                "delete topics with all their records, and create them anew"),
      add_order(topics, options, TopicsOrder::kDelete, "delete topics with all their records")};
  words.push_back(add_word(
      topics, options, Action::kHealth, "health",
      "check leaders, replicas, and what the loss of one node would cost; exit code 1: a problem"));
  words.back()->footer("Example: topics health");
  return words;
}

}  // namespace rookery
