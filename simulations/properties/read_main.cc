// read_main.cc
//
// The read command in a process of its own, for what signals and pipes do to it: the topic orders
// on an in-process Kafka with so many records, or with some more all the time.
//
//   read_main 3 orders --follow --from beginning
//   read_main forever orders --follow

#include <rookery/cli/read.h>
#include <rookery/producing/producer.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "mockbroker/transport/in_process_kafka.h"

namespace {

using namespace std::chrono_literals;
using rookery::Status;

// Some hundred bytes each, a hundred at a time.
Status produce(rookery::Transport& transport, std::uint64_t count) {
  auto producer = rookery::Producer::make(transport, {});
  if (!producer) return rookery::fail(producer.error());
  const std::string value(200, 'v');
  for (std::uint64_t sent = 0; sent < count;) {
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(count - sent, 100));
    const std::vector<rookery::OutgoingRecord> records(
        now, {.topic = "orders", .key = "key", .value = value});
    for (const auto& status : producer->send_many(records, rookery::deadline_in(20s))) {
      if (!status) return rookery::fail(status.error());
    }
    sent += now;
  }
  return {};
}

int tell(const Status& done) {
  if (!done) std::fprintf(stderr, "error: %s\n", done.error().message.c_str());
  return done ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string count = argv[1];
  CLI::App line;
  rookery::RecordsOptions options;
  rookery::add_read_options(line, options);
  try {
    line.parse(argc - 1, argv + 1);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  rookery::mock::InProcessKafka kafka;
  if (tell(kafka.create_topic("orders", 1)) != 0) return 1;
  const bool is_endless = count == "forever";
  if (!is_endless && tell(produce(kafka.transport(), std::stoull(count))) != 0) return 1;
  rookery::Thread feed("feed", [&] {
    if (!is_endless) return;
    tell(produce(kafka.transport(), std::numeric_limits<std::uint64_t>::max()));
  });
  const int code =
      tell(rookery::run_read(kafka.transport(), {}, options, rookery::standard_terminal()));
  std::fflush(nullptr);
  if (is_endless) std::_Exit(code);  // the feed never ends
  feed.join();
  return code;
}
