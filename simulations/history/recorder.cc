// recorder.cc
//
// The way of an event into the history and the trace.

#include "simulations/history/recorder.h"

#include <utility>

namespace rookery::sim {

ProcessIndex Recorder::add_process(ProcessId process, std::string name) {
  const Uninterrupted scope;
  if (process >= processes_.size()) processes_.resize(process + 1, kNone);
  processes_[process] = history_.add_process(std::move(name));
  return processes_[process];
}

ProcessIndex Recorder::process_of(ProcessId process) const {
  const Uninterrupted scope;
  return process < processes_.size() ? processes_[process] : kNone;
}

ProcessIndex Recorder::current_process() const {
  if (scheduler_.current_process_is_dead()) return kNone;
  return process_of(scheduler_.current_process());
}

OwnershipId Recorder::enter(const void* holder) {
  const Uninterrupted scope;
  Ownership& ownership = ownerships_[holder];
  if (ownership.consumers++ == 0) ownership.id = history_.next_ownership();
  return ownership.id;
}

void Recorder::leave(const void* holder) {
  const Uninterrupted scope;
  const auto found = ownerships_.find(holder);
  if (--found->second.consumers == 0) ownerships_.erase(found);
}

void Recorder::record(Event event) {
  if (scheduler_.current_process_is_dead()) return;
  event.process = process_of(scheduler_.current_process());
  add(event);
}

void Recorder::tell(Event event) {
  if (scheduler_.current_process_is_dead()) return;
  add(event);
}

void Recorder::add(Event event) {
  const Uninterrupted scope;
  event.at = scheduler_.world_time();
  // The schedule is in the trace already; this ties what it meant to it.
  scheduler_.trace((static_cast<std::uint64_t>(event.kind) << 56) ^
                   (static_cast<std::uint64_t>(event.process) << 40) ^
                   (static_cast<std::uint64_t>(event.partition) << 32) ^
                   static_cast<std::uint64_t>(event.offset));
  scheduler_.trace(event.detail);
  history_.add(event);
}

}  // namespace rookery::sim
