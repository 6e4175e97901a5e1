// recorder.h
//
// Writes into a run's history from wherever things happen: knows the time, and which process
// speaks.
//
// What a dead process still does while it is taken apart is ignored. Every event enters the trace.
// Thread rules: on fibers of one scheduler.
#pragma once

#include <rookery/runtime/fiber_local.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "simulations/history/history.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

class Recorder {
 public:
  explicit Recorder(History& history) : history_(history), scheduler_(*Scheduler::current()) {}
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  History& history() { return history_; }

  // The process gets a name in the history. Once, before it records anything.
  ProcessIndex add_process(ProcessId process, std::string name);
  ProcessIndex process_of(ProcessId process) const;
  // The caller's; kNone when it is dead, or the world.
  ProcessIndex current_process() const;

  // A consumer object begins, or ends, to serve what `holder` stands for: all that serve the same
  // at once are of one ownership. Holders are told apart, and nothing else.
  OwnershipId enter(const void* holder);
  void leave(const void* holder);

  // Adds an event of the calling process, at this moment; ignored when it is dead.
  void record(Event event);
  // Adds an event of the world's, whose process is given with it.
  void tell(Event event);

  // The output that the calling fiber is just sending, from user code down to the transport.
  struct Sending {
    SendId send = 0;  // 0: none of user code's
    RunId run = 0;
    bool is_accepted = false;
  };
  Sending& sending() { return *sending_; }

 private:
  void add(Event event);

  History& history_;
  Scheduler& scheduler_;
  std::vector<ProcessIndex> processes_;  // by ProcessId
  struct Ownership {
    OwnershipId id = kNone;
    std::size_t consumers = 0;
  };
  std::map<const void*, Ownership> ownerships_;  // never walked
  FiberLocal<Sending> sending_;
};

}  // namespace rookery::sim
