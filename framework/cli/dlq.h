// dlq.h
//
// The dlq command of every program: dead letters are listed, shown and sent back.
//
//   billing dlq list --class MissingAmount --since 2h
//   billing dlq show orders.v1.dlq-3@17
//   billing dlq redrive --topic orders.v1.dlq --dry-run
//
// list: a table, the newest last, at most `limit` of them. show: one dead letter whole. redrive:
// each that matches goes back to its source_topic, with its key byte for byte, its payload, and its
// headers without source_*; in their order for each partition; the key chooses the partition. Each
// is acknowledged or counted as failed. The dead letters themselves stay: who redrives twice
// has the records twice.
//
// A program with a command line of its own adds the words to it:
//
//   DlqOptions options;
//   for (CLI::App* word : add_dlq_words(*line.add_subcommand("dlq", kDlqHelp), options)) ...
//   ...
//   Status done = run_dlq(app, transport, options, standard_terminal());
//
// Thread rules: one thread; blocks until done. Patience with silent brokers: 10 s.
#pragma once

#include <rookery/base/result.h>
#include <rookery/cli/terminal.h>
#include <rookery/routing/app.h>
#include <rookery/transport/transport.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rookery {

inline constexpr const char* kDlqHelp = "list, show and send back dead letters";

struct DlqOptions {
  enum class Action { kList, kShow, kRedrive };
  Action action = Action::kList;

  // Which: dead letter topics (none: those of the routes), error class (none: any; without
  // namespaces, too), and when they were written.
  std::vector<std::string> topics = {};
  std::string error_class = {};
  std::optional<Timestamp> since = {};  // included
  std::optional<Timestamp> until = {};  // excluded
  // list: the newest so many (default 100); redrive: the first so many that are read.
  std::optional<std::uint64_t> limit = {};
  TopicPartitionOffset place = {};  // of the one to be shown

  bool is_json = false;
  bool is_dry_run = false;
  bool is_confirmed = false;  // --yes
};

// Gives the subcommand its words, which it wants exactly one of; answers them, for options of one's
// own. `options` outlives the parsing, which throws CLI::ParseError with one line.
std::vector<CLI::App*> add_dlq_words(CLI::App& dlq, DlqOptions& options);

// Errors, one line each: a topic that does not exist, brokers away, records that were not
// acknowledged (with counts), kInvalidArgument when redrive was not confirmed.
Status run_dlq(const App& app, Transport& transport, const DlqOptions& options,
               const Terminal& terminal);

}  // namespace rookery
