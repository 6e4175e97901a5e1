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
  word->add_option("--topics", options.topics, "of the declared ones, with commas; default: all")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("TOPIC,...");
  return word;
}

void add_detailed(CLI::App& word, TopicsOptions& options) {
  word.add_flag("--detailed-exitcode", options.is_detailed,
                "exit code 0: nothing to do, 1: an error, 2: changes");
}

CLI::App* add_order(CLI::App& topics, TopicsOptions& options, TopicsOrder order, const char* help) {
  CLI::App* word =
      add_word(topics, options, Action::kCarryOut, std::string(name(order)).c_str(), help);
  word->callback([&options, order] {
    options.action = Action::kCarryOut;
    options.order = order;
  });
  add_detailed(*word, options);
  word->footer("Example: topics " + std::string(name(order)) + " --topics orders.v1 --dry-run");
  word->add_flag("--dry-run", options.is_dry_run, "say what would change, change nothing");
  if (order == TopicsOrder::kDelete || order == TopicsOrder::kReset) {
    word->add_flag("--yes", options.is_confirmed, "do not ask");
  }
  return word;
}

}  // namespace

std::vector<CLI::App*> add_topics_words(CLI::App& topics, TopicsOptions& options) {
  want_one_word(topics);
  CLI::App* list = add_word(topics, options, Action::kList, "list", "all topics of the cluster");
  list->add_flag("--all", options.are_all, "Kafka's own, too, whose names begin with __");
  CLI::App* plan = add_word(topics, options, Action::kPlan, "plan",
                            "what migrate would change; nothing changes");
  add_detailed(*plan, options);
  return {list,
          plan,
          add_order(topics, options, TopicsOrder::kMigrate, "create, repartition and align"),
          add_order(topics, options, TopicsOrder::kCreate, "make those that are missing"),
          add_order(topics, options, TopicsOrder::kRepartition,
                    "add partitions up to the declared number; never fewer"),
          add_order(topics, options, TopicsOrder::kAlign,
                    "set declared settings that differ, and no others"),
          add_order(topics, options, TopicsOrder::kReset, "delete with all records, and make anew"),
          add_order(topics, options, TopicsOrder::kDelete, "delete with all records"),
          add_word(topics, options, Action::kHealth, "health",
                   "leaders, replicas, and what the loss of one node would cost")};
}

}  // namespace rookery
