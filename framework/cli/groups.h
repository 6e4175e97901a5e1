// groups.h
//
// The groups command of every program: consumer groups of the cluster are listed, looked at, moved.
//
//   billing groups lag
//   billing groups seek billing --to 2h --topics orders.v1 --dry-run
//   billing groups rename billing billing-v2
//
// Groups that are named are groups of the brokers. Without names `lag` and `describe` take those of
// the routes, and a name of the routes that has parallel segments stands for these.
//
// Thread rules: one thread; blocks until done. Patience with silent brokers: 30 s.
#pragma once

#include <rookery/admin/group_moves.h>
#include <rookery/base/result.h>
#include <rookery/cli/terminal.h>
#include <rookery/routing/app.h>
#include <rookery/transport/transport.h>

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace rookery {

inline constexpr const char* kGroupsHelp =
    "list, describe, move, copy, rename and delete consumer groups, and tell their lag";

struct GroupsOptions {
  enum class Action { kList, kDescribe, kLag, kSeek, kCopy, kRename, kDelete };
  Action action = Action::kList;

  std::vector<std::string> groups = {};  // seek: one
  bool are_all = false;                  // lag, describe: every group of the cluster
  std::string from = {};                 // copy, rename
  std::string to = {};
  std::vector<std::string> topics = {};         // seek, copy
  std::vector<TopicPartition> partitions = {};  // seek
  GroupSeek seek = {};
  bool is_forced = false;

  bool is_json = false;
  bool is_dry_run = false;
  bool is_confirmed = false;  // --yes
};

// "earliest", "latest", "1200" (an offset), "+100", "-100" (so many on or back), or a moment
// (moment.h). Error: kInvalidArgument, naming the text.
Result<GroupSeek> parse_seek(std::string_view text, Timestamp now);

// Gives the subcommand its words, of which it wants one; answers them, for options of one's own.
// `options` outlives the parsing, which throws CLI::ParseError with one line.
std::vector<CLI::App*> add_groups_words(CLI::App& groups, GroupsOptions& options);

// Errors, one line each. What could be told of other groups was written before.
Status run_groups(const App& app, Transport& transport, const GroupsOptions& options,
                  const Terminal& terminal);

}  // namespace rookery
