// statistics.cc
//
// Looks for a few members of the JSON object: "ts" near its beginning, "brokers" before "topics",
// "cgrp" near its end. Quotes in names are escaped, so no topic or client can look like a member.
#include <rookery/transport/librdkafka/statistics.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace rookery::librdkafka {
namespace {

// The text behind `"name":` and blanks, from `from` on; empty when there is none.
std::string_view behind(std::string_view json, std::string_view name, std::size_t from) {
  std::string key = "\"" + std::string(name) + "\":";
  const std::size_t at = json.find(key, from);
  if (at == std::string_view::npos) return {};
  std::string_view rest = json.substr(at + key.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

std::int64_t number_behind(std::string_view json, std::string_view name, std::size_t from) {
  const std::string_view text = behind(json, name, from);
  std::int64_t number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

MembershipSeen membership_in(std::string_view json) {
  MembershipSeen seen;
  const std::string_view time = behind(json, "ts", 0);
  std::int64_t microseconds = 0;
  std::from_chars(time.data(), time.data() + time.size(), microseconds);
  seen.at = TimePoint(std::chrono::microseconds(microseconds));
  const std::size_t group = json.rfind("\"cgrp\":");
  if (group == std::string_view::npos) return seen;
  seen.is_steady = behind(json, "join_state", group).starts_with("\"steady\"");
  return seen;
}

std::optional<NodesSeen> nodes_in(std::string_view json) {
  const std::size_t begin = json.find("\"brokers\":");
  if (begin == std::string_view::npos) return std::nullopt;
  NodesSeen found;
  json = json.substr(begin, json.find("\"topics\":", begin) - begin);
  constexpr std::string_view kNode = "\"nodeid\":";
  for (std::size_t at = json.find(kNode); at != std::string_view::npos;) {
    const std::size_t next = json.find(kNode, at + kNode.size());
    const std::string_view broker = json.substr(at, next - at);
    at = next;
    const std::int64_t node = number_behind(broker, "nodeid", 0);
    // The coordinator's shadow has the node's id, too.
    const bool is_logical = broker.find("\"source\":\"logical\"") != std::string_view::npos;
    if (node < 0 || is_logical) continue;
    auto& trips = found[static_cast<std::int32_t>(node)];
    const std::size_t rtt = broker.find("\"rtt\":");
    if (rtt == std::string_view::npos) continue;
    const std::string_view window = broker.substr(rtt, broker.find('}', rtt) - rtt);
    const auto duration = [window](std::string_view name) {
      return Duration(std::chrono::microseconds(number_behind(window, name, 0)));
    };
    const std::int64_t count = number_behind(window, "cnt", 0);
    if (count <= 0) continue;
    trips = {.count = static_cast<std::uint64_t>(count),
             .sum = duration("sum"),
             .median = duration("p50"),
             .p99 = duration("p99")};
  }
  return found;
}

}  // namespace rookery::librdkafka
