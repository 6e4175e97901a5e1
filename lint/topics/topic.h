// topic.h
//
// What sources tell of topics: their names, where each stands, and as far as a source states it how
// they are kept and who reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rookery::lint {

// A place in a source; see Finding.
struct Place {
  std::string file;
  int line = 0;
  std::string setting = {};
};

enum class Role : std::uint8_t { kPlain, kDeadLetter };

// A topic's settings; what a source does not state is empty.
struct TopicFacts {
  std::optional<std::int64_t> replication = {};
  std::optional<std::int64_t> retention_ms = {};  // -1: for ever
  std::optional<std::int64_t> min_insync_replicas = {};
  std::optional<bool> is_compacted = {};
};

struct Topic {
  std::string name;
  Place place;
  Role role = Role::kPlain;  // what its place says; its name may say more
  bool is_in_tests = false;
  TopicFacts facts = {};
};

// A topic that a group reads.
struct Route {
  std::string topic;
  Place place;
  std::vector<std::string> dead_letter_topics = {};
  std::optional<std::int64_t> retry_ms_max = {};  // the longest that retries with an end can take
};

struct Group {
  std::string name;
  Place place;
  std::optional<std::int64_t> session_timeout_ms = {};
  std::optional<std::int64_t> heartbeat_interval_ms = {};
};

// What a program says itself is wrong with its routes.
struct RouteMistake {
  Place place;
  std::string message;
};

// All that was read.
struct Topics {
  std::vector<Topic> topics;
  std::vector<Route> routes;
  std::vector<Group> groups;
  std::vector<RouteMistake> mistakes;
};

}  // namespace rookery::lint
