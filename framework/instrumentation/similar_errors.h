// similar_errors.h
//
// Keeps errors that are alike from flooding a log. A thousand outputs that a broker never took are
// a thousand events, and one story: so many of a second are written, and of the rest how many there
// were. Alike are errors of one origin, type and class, whatever their records; those that stop the
// server are like none.
//
// Thread rules: none of its own; the caller's lock.
#pragma once

#include <rookery/instrumentation/events.h>
#include <rookery/runtime/time_types.h>

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace rookery {

class SimilarErrors {
 public:
  // A second begins with the first of them. 0: all are written.
  explicit SimilarErrors(std::size_t most_per_second) : most_per_second_(most_per_second) {}

  // Whether it is to be written; else it is counted. Events of other kinds always are.
  bool is_to_be_written(const Event& event, TimePoint time);

  // For each that were alike and counted, whose second is over at that time: "1234 more like it
  // were left out", of the same origin, type and class. kNever: of all.
  std::vector<Event> take_left_out(TimePoint time);

 private:
  struct Second {
    TimePoint end;
    std::size_t written = 0;
    Event left_out;
    std::size_t left_out_count = 0;
  };
  std::size_t most_per_second_;
  std::map<std::tuple<std::string, std::string, std::string>, Second> seconds_;
};

}  // namespace rookery
