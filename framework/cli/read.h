// read.h
//
// The read command of every program: records of any topic, as text or JSON. No group is joined, and
// nothing is committed.
//
//   billing read orders.v1 --from -2h --key customer-7
//   billing read orders.v1:0,2 --from -10 --format json | jq .value
//   billing read orders.v1-3@17
//   billing read orders.v1 --follow
//
// Records come in the order of each partition, and partitions as they come. Without --follow the
// end is where the topic ends when reading begins.
//
// Thread rules: one thread; blocks until done. Patience with silent brokers: 10 s, but following
// waits for ever.
#pragma once

#include <rookery/base/result.h>
#include <rookery/cli/terminal.h>
#include <rookery/transport/transport.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace rookery {

inline constexpr const char* kReadHelp = "print records of a topic, as text or JSON";

// A place in each of several partitions.
struct ReadPoint {
  enum class Kind {
    kBeginning,
    kEnd,
    kOffset,     // moved into the log where it lies outside
    kBeforeEnd,  // so many offsets before the end
    kTime        // the first record that is so young
  };
  Kind kind = Kind::kBeginning;
  Offset offset = 0;  // or how many before the end
  Timestamp time{};
};
// "beginning", "end", "17", "-10" (before the end), and moments: "-2h", "2h" (both: ago),
// "2026-11-24T12:30:00Z". Errors: kInvalidArgument, naming the text.
Result<ReadPoint> parse_read_point(std::string_view text, Timestamp now);

struct RecordsOptions {
  std::string topic = {};
  std::vector<PartitionId> partitions = {};  // none: all
  // This one of the only partition: then there is no from, to and following.
  std::optional<Offset> record = {};
  std::optional<ReadPoint> from = {};  // default: the beginning; the end when it follows
  std::optional<ReadPoint> to = {};    // excluded; default: the end there is now
  std::optional<std::uint64_t> limit = {};
  std::optional<std::string> key = {};  // only records with this key, byte for byte
  std::string containing = {};          // only those whose key or value has these bytes
  // Of a whole topic: partitions that are added meanwhile, too, which `tell` of the terminal says.
  bool is_following = false;
  Duration between_looks = std::chrono::seconds(10);  // for these
  bool is_json = false;
};
// "orders.v1", "orders.v1:0,2", "orders.v1-3@17" (that one record) into topic, partitions and
// record. Errors: kInvalidArgument, naming the text.
Status parse_read_place(const std::string& text, RecordsOptions& options);

// Adds the options to the word. `options` outlives the parsing, which throws CLI::ParseError with
// one line.
void add_read_options(CLI::App& word, RecordsOptions& options);

// `config`: of the clients. `is_over`: ends the following. A reader of the output that goes away
// ends it, too, and is no error. Errors, one line each: a topic, partition or `record` that does
// not exist, brokers away.
Status run_read(Transport& transport, const ConfigMap& config, const RecordsOptions& options,
                const Terminal& terminal, const std::function<bool()>& is_over = {});

}  // namespace rookery
