// info_word.cc
//
// The info command in a program.
#include <rookery/cli/common_options.h>
#include <rookery/cli/info.h>
#include <rookery/transport/librdkafka/transport.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

#include "framework/cli/words.h"

namespace rookery {
namespace {

int tell(const WordContext& context, bool is_json) {
  const Configured configured = context.load();
  ProgramInfo info = info_of(configured);
  if (!info.brokers.empty() && configured.mistakes.empty()) {
    const auto transport = make_librdkafka_transport(configured.app.options().kafka);
    ask_cluster(*transport, client_config(configured.app), info);
  }
  std::fputs(is_json ? info_json(info).c_str() : info_text(info).c_str(), stdout);
  return print_mistakes(configured.mistakes);
}

}  // namespace

void add_info_word(const WordContext& context) {
  CLI::App* word = context.line.add_subcommand("info", kInfoHelp);
  const auto is_json = std::make_shared<bool>(false);
  add_format_option(*word, *is_json);
  add_config_options(*word, context.config);
  word->footer(
      "Examples:\n"
      "  info\n"
      "  info --brokers kafka:9092 --format json");
  word->callback([context, is_json] { context.code = tell(context, *is_json); });
}

}  // namespace rookery
