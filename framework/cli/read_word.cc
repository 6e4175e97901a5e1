// read_word.cc
//
// The read command in a program: the cluster it works at. INT and TERM end it as they end any
// process: there is no group to leave.
#include "framework/cli/words.h"

#include <rookery/cli/read.h>
#include <rookery/routing/app.h>

#include <CLI/CLI.hpp>

#include <memory>

namespace rookery {
namespace {

int read_records(const WordContext& context, const RecordsOptions& options) {
  const Configuration at = context.configured();
  if (!at.configured) return 1;
  ConfigMap config = client_config(at.configured->app);
  config["group.id"] = at.configured->app.options().client_id + "-read";
  return exit_code(run_read(*at.transport, config, options, standard_terminal()));
}

}  // namespace

void add_read_word(const WordContext& context) {
  const auto options = std::make_shared<RecordsOptions>();
  CLI::App* word = context.line.add_subcommand("read", kReadHelp);
  add_read_options(*word, *options);
  add_config_options(*word, context.config);
  word->callback([context, options] { context.code = read_records(context, *options); });
}

}  // namespace rookery
