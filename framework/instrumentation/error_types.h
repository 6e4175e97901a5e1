// error_types.h
//
// The types of error.occurred: where something went wrong. One table for code, guide and tests: a
// test reads the sources, and fails where they publish a type that is not in it.
//
// What a type says: who is told (class, message, place) stands in the event.
#pragma once

#include <array>
#include <string_view>

namespace rookery {

struct ErrorType {
  std::string_view name;
  std::string_view meaning;
};

inline constexpr auto kErrorTypes = std::to_array<ErrorType>({
    {"assignment", "the group assigned a partition of a topic without a route"},
    {"commit", "an offset was not committed"},
    {"completion", "a record was finished twice, or after its consume had thrown"},
    {"connection", "a client's trouble with brokers, or it did not close in time"},
    {"consume", "consume threw"},
    {"dead_letter", "a dead letter was not sent or not acknowledged; it is tried again"},
    {"deserialize", "a key, payload or header could not be read"},
    {"eofed", "the hook threw"},
    {"factory", "no consumer could be made"},
    {"fetch", "a partition cannot be read"},
    {"filter", "a filter threw, or its factory did"},
    {"health", "the probes' port cannot be listened on"},
    {"initialized", "the hook threw"},
    {"key", "a key function threw"},
    {"listener", "a listener of events threw, or was so slow that events were dropped"},
    {"log", "the log lost a record that was retried"},
    {"log_start", "a log's first offset cannot be asked for"},
    {"memory", "a thread of the framework ran out of memory: the server stops"},
    {"metadata", "what was committed with an offset is ignored, or does not fit"},
    {"output", "what a consumer sent was not acknowledged"},
    {"policy", "the error policy threw, or dispatches where nothing can go"},
    {"producer", "the outputs' producer has trouble with brokers, or did not close in time"},
    {"revoked", "the hook threw"},
    {"shutdown", "the hook threw"},
    {"tick", "the hook threw"},
    {"tracing", "spans were lost, or their exporter threw"},
    {"wrap", "a consumer's wrap() failed of its own accord"},
});

constexpr bool is_error_type(std::string_view name) {
  for (const ErrorType& type : kErrorTypes) {
    if (type.name == name) return true;
  }
  return false;
}

}  // namespace rookery
