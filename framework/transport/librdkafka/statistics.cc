// statistics.cc
//
// Looks for two members of the JSON object: "ts" near its beginning, "cgrp" near its end.
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

}  // namespace

MembershipSeen membership_in(std::string_view json) {
  MembershipSeen seen;
  const std::string_view time = behind(json, "ts", 0);
  std::int64_t microseconds = 0;
  std::from_chars(time.data(), time.data() + time.size(), microseconds);
  seen.at = TimePoint(std::chrono::microseconds(microseconds));
  // Quotes in names are escaped, so no topic or client can look like this member.
  const std::size_t group = json.rfind("\"cgrp\":");
  if (group == std::string_view::npos) return seen;
  seen.is_steady = behind(json, "join_state", group).starts_with("\"steady\"");
  return seen;
}

}  // namespace rookery::librdkafka
