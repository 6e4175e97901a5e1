// main.cc
//
// The archive program: reads its command line and does what it says.

#include <exception>
#include <variant>

#include "examples/archive/command_line.h"
#include "examples/archive/commands.h"
#include "examples/archive/output.h"

namespace {

int run(const archive::CommandLine& line) {
  switch (line.word) {
    case archive::Word::kRun:
      return archive::run_all(line);
    case archive::Word::kFeed:
      return archive::run_feed(line);
    case archive::Word::kServer:
      return archive::run_server(line);
    case archive::Word::kReport:
      return archive::run_report(line);
    case archive::Word::kDlq:
      return archive::run_dlq(line);
    case archive::Word::kRoutes:
      return archive::run_routes(line);
  }
  return archive::complain("a command without a meaning");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto parsed = archive::parse_command_line(argc, argv);
    if (!parsed) return archive::complain(parsed.error().message);
    if (const auto* help = std::get_if<archive::Help>(&*parsed)) {
      const auto written = archive::write_output(help->text);
      return written ? 0 : archive::complain(written.error().message);
    }
    return run(std::get<archive::CommandLine>(*parsed));
  } catch (const std::exception& error) {
    return archive::complain(error.what());
  }
}
