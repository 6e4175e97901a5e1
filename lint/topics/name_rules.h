// name_rules.h
//
// What is wrong with one name by itself: Kafka's rules, and the team's.
//
// Kafka's (org.apache.kafka.common.internals.Topic): 1 to 249 of letters, digits, '.', '_', '-';
// not
// "." or ".."; names that begin with two underscores are Kafka's own. A name that Kafka refuses is
// not asked for conventions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lint/topics/conventions.h"
#include "lint/topics/topic.h"

namespace rookery::lint {

inline constexpr std::size_t kNameLengthMax = 249;

// What a rule has against a name.
struct Objection {
  std::string rule;
  std::string message;
  bool operator==(const Objection&) const = default;
};
using Objections = std::vector<Objection>;

// Kafka's rules alone.
Objections kafka_objections(std::string_view name);

// Kafka's, then the team's; rules that are disabled say nothing.
Objections objections_to(std::string_view name, Role role, bool is_in_tests,
                         const Conventions& conventions);

// Whether a topic of that name is Kafka's own: __consumer_offsets and others.
bool is_internal(std::string_view name);

}  // namespace rookery::lint
