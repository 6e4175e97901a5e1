// read_words.cc
//
// The options of the read command, and how points and places are written.
#include <rookery/cli/read.h>

#include <rookery/base/duration.h>
#include <rookery/cli/common_options.h>
#include <rookery/cli/moment.h>
#include <rookery/runtime/time.h>

#include <CLI/CLI.hpp>

#include <charconv>

namespace rookery {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& why) {
  throw CLI::ValidationError(option, why);
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<std::vector<PartitionId>> partitions_in(std::string_view text) {
  std::vector<PartitionId> partitions;
  while (true) {
    const std::size_t comma = text.find(',');
    const auto partition = number_in<PartitionId>(text.substr(0, comma));
    if (!partition) return std::nullopt;
    partitions.push_back(*partition);
    if (comma == std::string_view::npos) return partitions;
    text.remove_prefix(comma + 1);
  }
}

void add_point(CLI::App& word, const char* name, std::optional<ReadPoint>& point,
               const char* help) {
  word.add_option_function<std::string>(
          name,
          [name, &point](const std::string& text) {
            const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(wall_now());
            const Result<ReadPoint> parsed = parse_read_point(text, now);
            if (!parsed) refuse(name, parsed.error().message);
            point = *parsed;
          },
          help)
      ->type_name("POINT");
}

void add_filters(CLI::App& word, RecordsOptions& options) {
  word.add_option_function<std::string>(
          "--limit",
          [&options](const std::string& text) {
            options.limit = number_in<std::uint64_t>(text);
            if (!options.limit || *options.limit == 0) {
              refuse("--limit", "'" + text + "' is no number above 0");
            }
          },
          "end after so many records; default: all")
      ->type_name("N");
  word.add_option("--key", options.key, "only records with exactly this key")->type_name("TEXT");
  word.add_option("--grep", options.containing, "only records with this text in key or value")
      ->type_name("TEXT");
}

// What a place has said already is not said again.
void refuse_contradictions(const CLI::App& word, const RecordsOptions& options) {
  const std::string place = word.get_option("place")->results().front();
  for (const char* name : {"--partitions", "--from", "--to", "--follow"}) {
    if (word.get_option(name)->count() == 0) continue;
    if (options.record) refuse(name, "does not go with " + place + ", which is one record");
    if (name == std::string_view("--partitions") && place.find(':') != std::string::npos) {
      refuse(name, "does not go with " + place + ", which names partitions");
    }
  }
}

}  // namespace

Result<ReadPoint> parse_read_point(std::string_view text, Timestamp now) {
  using Kind = ReadPoint::Kind;
  if (text == "beginning") return ReadPoint{};
  if (text == "end") return ReadPoint{.kind = Kind::kEnd};
  const bool is_back = text.starts_with('-');
  const std::string_view rest = is_back ? text.substr(1) : text;
  if (const auto offset = number_in<Offset>(rest)) {
    return ReadPoint{.kind = is_back ? Kind::kBeforeEnd : Kind::kOffset, .offset = *offset};
  }
  const bool is_moment = !is_back || parse_duration(rest).has_value();
  const auto time = parse_moment(rest, now);
  if (is_moment && time) return ReadPoint{.kind = Kind::kTime, .time = *time};
  return fail(ErrorCode::kInvalidArgument,
              "'" + std::string(text) +
                  "' is none of beginning, end, an offset (17), so many before the end (-10), a "
                  "duration (-2h) or a time in UTC (2026-11-24, 2026-11-24T12:30:00Z)");
}

Status parse_read_place(const std::string& text, RecordsOptions& options) {
  // Neither stands in a topic's name.
  const std::size_t at = text.find_first_of("@:");
  options.topic = text.substr(0, at);
  bool is_right = !options.topic.empty();
  if (at != std::string::npos) {
    const std::string_view rest = std::string_view(text).substr(at + 1);
    if (text[at] == ':') {
      const auto partitions = partitions_in(rest);
      is_right = is_right && partitions;
      if (partitions) options.partitions = *partitions;
    } else {
      const std::size_t dash = options.topic.rfind('-');
      const auto offset = number_in<Offset>(rest);
      const auto partition =
          dash == std::string::npos || dash == 0
              ? std::nullopt
              : number_in<PartitionId>(std::string_view(options.topic).substr(dash + 1));
      is_right = partition && offset && *offset < std::numeric_limits<Offset>::max();
      if (is_right) {
        options.topic.resize(dash);
        options.partitions = {*partition};
        options.record = *offset;
      }
    }
  }
  if (is_right) return {};
  return fail(ErrorCode::kInvalidArgument,
              "'" + text +
                  "' is none of TOPIC (orders.v1), TOPIC:PARTITION,... (orders.v1:0,2) "
                  "and TOPIC-PARTITION@OFFSET (orders.v1-3@17)");
}

void add_read_options(CLI::App& word, RecordsOptions& options) {
  word.add_option_function<std::string>(
          "place",
          [&options](const std::string& text) {
            const Status parsed = parse_read_place(text, options);
            if (!parsed) refuse("read", parsed.error().message);
          },
          "TOPIC, TOPIC:PARTITION,... or the one record TOPIC-PARTITION@OFFSET")
      ->required()
      ->type_name("PLACE");
  word.add_option("--partitions", options.partitions, "only these, with commas: 0,2; default: all")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::NonNegativeNumber)
      ->type_name("N,...");
  add_point(word, "--from", options.from,
            "begin at: beginning, end, an offset (17), so many before the end (-10), so long ago "
            "(-2h), a time in UTC (2026-11-24T12:30:00Z); default: beginning, with --follow end");
  add_point(word, "--to", options.to,
            "end before, written as --from; default: the end there is now");
  add_filters(word, options);
  word.add_flag("--follow", options.is_following, "print what comes, too, until INT or TERM")
      ->excludes(word.get_option("--to"));
  add_format_option(word, options.is_json, "text, or json: an object a line");
  word.parse_complete_callback([&word, &options] {
    if (word.get_option("place")->count() > 0) refuse_contradictions(word, options);
  });
  word.footer(
      "Examples:\n"
      "  read orders.v1 --from -2h --key customer-7\n"
      "  read orders.v1:0,2 --from -10 --format json | jq .value\n"
      "  read orders.v1-3@17\n"
      "  read orders.v1 --follow");
}

}  // namespace rookery
