// report.h
//
// What a simulation found, and what it went through to find it.
#pragma once

#include <rookery/runtime/time_types.h>

#include <cstdint>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rookery::testing {

class DeadLetterBook;

// What a person has to keep in mind to follow a run.
struct RunSize {
  std::uint64_t members = 0;  // servers, consumers
  std::uint64_t records = 0;  // to be produced
  std::uint64_t faults = 0;   // planned
  std::uint64_t preemptions = 0;

  friend bool operator==(const RunSize&, const RunSize&) = default;
};

// What became of a failure that was made smaller. Every try is a run.
struct Shrinking {
  RunSize from;
  RunSize to;
  std::uint64_t runs = 0;
  // It ended by itself: nothing smaller was found. Otherwise time or runs were up.
  bool is_complete = false;
};

// A broken promise, or a run that could not end.
struct Violation {
  std::uint64_t seed = 0;
  std::string promise;       // "no loss", "deadlock" ...
  std::string text;          // what happened, then the timeline; a newline after each line
  std::string replay;        // the line that runs it again: "r1:...", "r2:..."
  std::string profile = {};  // as the report's
  std::optional<Shrinking> shrunk = {};
  // What to type to see it again.
  std::vector<std::string> commands = {};

  // All of it, as a person reads it: at most 25 lines.
  std::string story() const;
};

struct Report {
  std::string program;
  std::string profile = {};           // with which it ran; empty: it has none
  std::uint64_t seeds = 0;            // asked for
  std::uint64_t runs = 0;             // done; fewer when the time was up
  std::vector<Violation> violations;  // in the order of seeds

  Duration virtual_elapsed{0};  // over all runs
  Duration wall_elapsed{0};
  std::uint64_t steps = 0;
  std::uint64_t records = 0;     // produced
  std::uint64_t rebalances = 0;  // generations completed
  std::uint64_t duplicates = 0;  // records whose consume returned again
  std::uint64_t rejected = 0;
  // By kind, those that took effect; 0: one that may happen and never did.
  std::map<std::string, std::uint64_t> faults;
  std::uint64_t faults_median = 0;  // of a run
  std::uint64_t rebalances_median = 0;
  std::uint64_t trace_hash = 0;  // of all runs in the order of their seeds
  // Of World::simulate's runs without a violation; see DeadLettersExactly. Null: not kept.
  std::shared_ptr<const DeadLetterBook> dead_letters;

  // The summary, then the violations.
  std::string text() const;
};

std::ostream& operator<<(std::ostream& out, const Report& report);

// 16 hexadecimal digits.
std::string hash_text(std::uint64_t hash);

}  // namespace rookery::testing
