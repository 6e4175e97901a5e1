// command_line.h
//
// The words of the archive program, and what was typed after them.

#pragma once

#include <rookery/base/result.h>
#include <rookery/cli/dlq.h>
#include <rookery/runtime/time_types.h>
#include <rookery/transport/transport.h>
#include <string>
#include <variant>

namespace archive {

enum class Word { kRun, kFeed, kServer, kReport, kDlq, kRoutes };
enum class Format { kText, kJson };

struct CommandLine {
  Word word = Word::kRun;
  std::string brokers;  // host:port, ...; empty: the in-process Kafka
  std::string topic_prefix;
  rookery::ConfigMap kafka;  // --set: Kafka's settings under librdkafka's names
  std::string input;         // see Input::open
  Format format = Format::kText;
  rookery::Duration wait{};  // report: for servers that are not done yet
  rookery::DlqOptions dlq;
};

// Help that was asked for.
struct Help {
  std::string text;
};

// Error: kInvalidArgument, one line.
rookery::Result<std::variant<CommandLine, Help>> parse_command_line(int argc,
                                                                    const char* const* argv);

}  // namespace archive
