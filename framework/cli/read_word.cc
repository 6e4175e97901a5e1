// read_word.cc
//
// The read command in a program: the cluster it works at, and the signals that end it.
#include "framework/cli/words.h"

#include <rookery/cli/read.h>
#include <rookery/routing/app.h>

#include <CLI/CLI.hpp>

#include <csignal>
#include <ctime>
#include <memory>

namespace rookery {
namespace {

sigset_t ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

bool has_been_told() {
  const sigset_t signals = ending_signals();
  const timespec at_once{};
  return sigtimedwait(&signals, nullptr, &at_once) > 0;
}

int read_records(const WordContext& context, const RecordsOptions& options) {
  // Before any thread is made. What does not follow has nothing to end in order.
  const sigset_t signals = ending_signals();
  // allow(os-thread): a mask of signals, not a thread
  if (options.is_following) pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const Configuration at = context.configured();
  if (!at.configured) return 1;
  ConfigMap config = client_config(at.configured->app);
  config["group.id"] = at.configured->app.options().client_id + "-read";
  return exit_code(run_read(*at.transport, config, options, standard_terminal(), has_been_told));
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
