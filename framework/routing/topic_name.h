// topic_name.h
//
// Kafka's rules for topic names (org.apache.kafka.common.internals.Topic): 1 to 249 of
// [a-zA-Z0-9._-], not "." or "..".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rookery {

// What is wrong with the name; none when it is legal.
std::optional<std::string> illegal_topic_name(std::string_view name);

}  // namespace rookery
