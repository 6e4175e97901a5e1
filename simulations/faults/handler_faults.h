// handler_faults.h
//
// Trouble in user code: it throws, takes long, or never returns. Called by the recording decorator
// inside every run of a record.
//
// Which records are struck follows from the fault and the record's place alone. Thread rules: on
// fibers of one scheduler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "simulations/faults/fault.h"
#include "simulations/history/recording_consumer.h"

namespace rookery::sim {

// What struck user code throws.
struct InjectedFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class HandlerFaults {
 public:
  // By the fault's place in the plan. They strike while they are on.
  void begin(std::size_t index, const Fault& fault, ProcessIndex process);
  void end(std::size_t index);
  void end_all();

  // May throw, may sleep. What it throws passes: where a record would be given up for it, it does
  // not throw, so that only records that user code itself refuses become dead letters.
  void strike(const RunView& run, RunMoment moment);

  // Whether the fault has struck at least once.
  bool is_effective(std::size_t index) const;
  // Whether the process has a run that does not return.
  bool is_hanging(ProcessIndex process) const;

 private:
  struct Active {
    Fault fault;
    ProcessIndex process = kNone;  // of a hanging handler
    std::map<std::pair<TopicPartition, Offset>, std::uint64_t> struck;
  };

  static bool is_struck(const Active& active, const RunView& run);

  std::map<std::size_t, Active> active_;
  std::set<std::size_t> effective_;
  std::set<ProcessIndex> hanging_;
};

}  // namespace rookery::sim
