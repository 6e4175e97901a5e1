// processes.cc
//
// Processes: their start, pause and death.

#include <utility>

#include "simulations/scheduler/process.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

Process& Scheduler::process_at(ProcessId process) {
  if (process >= processes_.size()) {
    fail_here("misuse", "there is no process " + std::to_string(process));
  }
  return *processes_[process];
}

Process& Scheduler::foreign_process(ProcessId process, const char* action) {
  Process& found = process_at(process);
  if (process == kWorld || &found == current_->process || current_->process->is_dead) {
    fail_here("misuse", "thread \"" + current_->name + "\" of process \"" +
                            current_->process->name + "\" may not " + action + " process \"" +
                            found.name + "\"");
  }
  return found;
}

ProcessId Scheduler::spawn_process(std::string name, std::function<void()> main) {
  const TsanExempt exempt;
  if (current_->process->is_dead) {
    fail_here("misuse", "a dead process may not start process \"" + name + "\"");
  }
  auto process = std::make_unique<Process>();
  process->name = name;
  process->id = static_cast<ProcessId>(processes_.size());
  process->agenda = &world_;
  processes_.push_back(std::move(process));
  Process& started = *processes_.back();
  create_fiber(std::move(name), std::move(main), started).is_joined_by_nobody = true;
  step(ChoiceKind::kSpawn);
  return started.id;
}

ProcessId Scheduler::current_process() const { return current_->process->id; }

std::string_view Scheduler::process_name(ProcessId process) { return process_at(process).name; }

std::size_t Scheduler::live_fibers(ProcessId process) { return process_at(process).live_fibers; }

bool Scheduler::process_is_dead(ProcessId process) { return process_at(process).is_dead; }

WallClock& Scheduler::wall_clock(ProcessId process) { return process_at(process).wall_clock; }

std::uint64_t Scheduler::wrong_wall_reads(ProcessId process) {
  return process_at(process).wrong_wall_reads;
}

bool Scheduler::is_paused(ProcessId process) { return process_at(process).is_paused; }

bool Scheduler::wait_for_process(ProcessId process, TimePoint deadline) {
  const TsanExempt exempt;
  Process& waited = process_at(process);
  if (&waited == current_->process) {
    fail_here("deadlock", "process \"" + waited.name + "\" waits for its own end");
  }
  step(ChoiceKind::kJoin);
  if (waited.live_fibers != 0 && deadline > agenda_->now) {
    waited.waiters.push_back(current_);
    block(ChoiceKind::kJoin, WaitKind::kProcess, &waited, deadline);
    std::erase(waited.waiters, current_);
  }
  if (waited.live_fibers != 0) return false;
  tsan_acquire(this);
  return true;
}

void Scheduler::process_ended(Process& process) {
  if (process.ghost != nullptr) agenda_ = &world_;
  for (Fiber* waiter : process.waiters) wake_waiter(*waiter);
}

void Scheduler::pause(ProcessId process) {
  const TsanExempt exempt;
  Process& paused = foreign_process(process, "pause");
  if (paused.is_paused) return;
  paused.is_paused = true;
  for (const std::unique_ptr<Fiber>& fiber : fibers_) {
    if (fiber->process == &paused && fiber->runnable_index != kNowhere) {
      paused.agenda->remove_runnable(*fiber);
    }
  }
}

void Scheduler::resume(ProcessId process) {
  const TsanExempt exempt;
  unpause(foreign_process(process, "resume"));
}

void Scheduler::unpause(Process& process) {
  if (!process.is_paused) return;
  process.is_paused = false;
  for (const std::unique_ptr<Fiber>& fiber : fibers_) {
    if (fiber->process == &process && fiber->state == FiberState::kReady) {
      process.agenda->add_runnable(*fiber);
    }
  }
}

void Scheduler::kill(ProcessId process, std::function<void()> on_kill) {
  const TsanExempt exempt;
  Process& killed = foreign_process(process, "kill");
  if (uninterrupted_depth_ != 0) {
    fail_here("misuse", "process \"" + killed.name + "\" is killed in an Uninterrupted scope");
  }
  if (killed.is_dead) return;
  killed.is_dead = true;
  mix(process);
  if (killed.live_fibers == 0) return;
  unpause(killed);
  killed.ghost = std::make_unique<Ghost>(scramble(trace_hash_), world_.now);
  Agenda& ghost = killed.ghost->agenda;
  for (const std::unique_ptr<Fiber>& fiber : fibers_) {
    if (fiber->process != &killed) continue;
    if (fiber->runnable_index != kNowhere) {
      world_.remove_runnable(*fiber);
      ghost.add_runnable(*fiber);
    }
    if (fiber->timer_index != kNowhere) {
      const TimePoint deadline = fiber->deadline;
      world_.remove_timer(*fiber);
      ghost.add_timer(*fiber, deadline);
    }
  }
  killed.agenda = &ghost;
  killed.killer = current_;
  agenda_ = &ghost;
  const std::uint64_t steps_left = steps_hard_bound_ - steps_;
  const std::uint64_t steps_before = steps_;
  rebound(options_.drain_steps_most);
  Fiber& asker = create_fiber(killed.name + ".kill", std::move(on_kill), killed);
  asker.is_joined_by_nobody = true;
  switch_to(asker);
  tsan_acquire(this);
  drain_steps_ += steps_ - steps_before;
  rebound(steps_left);
}

}  // namespace rookery::sim
