// letters.cc
//
// A topic read from its beginning to the end it has at that moment, and sets compared.

#include "examples/archive/letters.h"

#include <rookery/runtime/time.h>
#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>

namespace archive {

using namespace std::chrono_literals;
using rookery::deadline_in;

namespace {

constexpr auto kPatience = 60s;

}  // namespace

std::vector<KeptRecord> read_all(rookery::Transport& transport, const std::string& topic,
                                 std::int32_t partitions) {
  const rookery::TimePoint deadline = deadline_in(kPatience);
  auto admin = transport.make_admin({});
  auto consumer = transport.make_group_consumer({.config = {{"group.id", topic + ".read"}}});
  if (!admin || !consumer) throw std::runtime_error("no client to read " + topic + " with");
  std::vector<rookery::TopicPartition> names;
  std::vector<rookery::TopicPartitionOffset> begins;
  for (std::int32_t i = 0; i < partitions; ++i) {
    names.push_back({topic, i});
    begins.push_back({{topic, i}, rookery::kEarliestOffset});
  }
  const auto marks = (*admin)->watermarks(names, deadline);
  if (!marks) throw std::runtime_error(marks.error().text());
  std::map<rookery::PartitionId, rookery::Offset> ends;  // of partitions not yet read to it
  for (const rookery::Watermarks& mark : *marks) {
    if (mark.low < mark.high) ends[mark.partition.partition] = mark.high;
  }
  if (auto assigned = (*consumer)->assign(begins); !assigned) {
    throw std::runtime_error(assigned.error().text());
  }
  std::vector<KeptRecord> records;
  std::vector<std::shared_ptr<rookery::PartitionStream>> streams;
  while (!ends.empty()) {
    if (rookery::now() >= deadline) throw std::runtime_error(topic + " was not read in time");
    for (rookery::GroupEvent& event : (*consumer)->poll_events(deadline_in(1ms))) {
      if (auto* assigned = std::get_if<rookery::Assigned>(&event)) {
        for (auto& came : assigned->partitions) streams.push_back(std::move(came.stream));
      }
    }
    for (const auto& stream : streams) {
      const rookery::Taken taken = stream->take(10'000, 64 << 20);
      const rookery::PartitionId partition = stream->topic_partition().partition;
      for (const rookery::Record& record : taken.batch) {
        records.push_back({.partition = partition,
                           .offset = record.offset(),
                           .key = record.key(),
                           .value = record.value(),
                           .headers = record.headers()});
      }
      const auto end = ends.find(partition);
      if (end != ends.end() && taken.next_offset >= end->second) ends.erase(end);
    }
  }
  return records;
}

std::string class_that_awk_gives(std::string_view stanza) {
  while (stanza.ends_with('\n')) stanza.remove_suffix(1);
  if (stanza.size() > 65'536) return "OversizedStanza";
  const std::string_view wanted = "Installed-Size: ";
  std::string_view size;
  while (!stanza.empty()) {
    const std::size_t end = std::min(stanza.find('\n'), stanza.size());
    if (stanza.starts_with(wanted)) size = stanza.substr(0, end).substr(wanted.size());
    stanza.remove_prefix(std::min(end + 1, stanza.size()));
  }
  return size.empty() ? "MissingField" : "";
}

std::string Letter::text() const {
  return source.text() + "@" + std::to_string(offset) + " as " + error_class + " in " + topic +
         ", key '" + std::string(key.view()) + "', " + std::to_string(value.size()) + " bytes";
}

std::string text_of_difference(const std::set<Letter>& wanted, const std::set<Letter>& found) {
  std::string text;
  const auto add_missing = [&text](const char* what, const auto& of, const auto& in) {
    std::vector<Letter> missing;
    std::set_difference(of.begin(), of.end(), in.begin(), in.end(), std::back_inserter(missing));
    if (missing.empty()) return;
    text += std::to_string(missing.size()) + " " + what + ":\n";
    for (std::size_t i = 0; i < std::min<std::size_t>(missing.size(), 5); ++i) {
      text += "  " + missing[i].text() + "\n";
    }
  };
  add_missing("that should be there", wanted, found);
  add_missing("that should not", found, wanted);
  return text;
}

}  // namespace archive
