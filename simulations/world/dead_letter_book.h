// dead_letter_book.h
//
// What became dead letters over the runs of a campaign, and what did not: for matchers of reports.
//
// Equal records count once, so the book grows with different records only; beyond kBytesMost it
// keeps no more, says so, and no matcher is content with it.
#pragma once

#include <rookery/base/bytes.h>
#include <rookery/base/headers.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "simulations/world/plan.h"

namespace rookery::testing {

class DeadLetterBook {
 public:
  static constexpr std::size_t kBytesMost = std::size_t{256} << 20;

  struct ByContent {
    bool operator()(const PlannedRecord& one, const PlannedRecord& other) const;
  };
  struct Fate {
    std::uint64_t dead = 0;   // so many such records have a dead letter in the topic
    std::uint64_t alive = 0;  // and so many have none
  };
  using Fates = std::map<PlannedRecord, Fate, ByContent>;

  // Of one run, from its end: `sources` are the topics whose failures go to the dead letter topic.
  void add_run(const Outcome& outcome, const std::string& topic,
               const std::vector<std::string>& sources);
  // Of another run, or of many.
  void add(const DeadLetterBook& other);

  // Null: no such dead letter topic was seen.
  const Fates* fates(const std::string& topic) const;
  bool is_complete() const { return is_complete_; }

 private:
  void add(Fates& fates, const PlannedRecord& record, const Fate& fate);

  std::map<std::string, Fates> topics_;
  std::size_t bytes_ = 0;
  bool is_complete_ = true;
};

}  // namespace rookery::testing
