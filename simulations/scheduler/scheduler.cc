// scheduler.cc
//
// The run, its steps, and the switch from fiber to fiber. What the steps are taken for is in
// primitives.cc and processes.cc; what is said when a run fails, in report.cc.

#include "simulations/scheduler/scheduler.h"

#include <cxxabi.h>
#include <rookery/runtime/thread.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "simulations/scheduler/left_behind.h"
#include "simulations/scheduler/process.h"

namespace rookery::sim {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

namespace {

// States left in mutexes by earlier runs, of any scheduler in this OS process, are told apart by
// it.
std::uint64_t next_run() {
  static constinit std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

[[noreturn]] void abort_with(const char* problem) {
  std::fprintf(stderr, "rookery: scheduler: %s\n", problem);
  std::abort();
}

}  // namespace

Scheduler::Scheduler(const SchedulerOptions& options, Tape& tape, Strategy& strategy)
    : agenda_(&world_),
      step_cost_(options.step_cost),
      world_(options.start, tape, strategy),
      options_(options),
      run_(next_run()),
      is_held_back_(strategy.holds_back()),
      stacks_(options.stack_pool != nullptr ? *options.stack_pool : own_stacks_) {
  auto world = std::make_unique<Process>();
  world->name = "world";
  world->agenda = &world_;
  processes_.push_back(std::move(world));
}

Scheduler::~Scheduler() {
  if (live_fibers_ != 0 && !failure_) abandon_fibers();  // stopped between two portions
  for (const Stack& stack : abandoned_stacks_) stacks_.release_abandoned(stack);
}

RunResult Scheduler::run(std::function<void()> body) {
  start(std::move(body));
  is_in_portions_ = false;
  return *go_on(kNever);
}

void Scheduler::start(std::function<void()> body) {
  if (was_run_) abort_with("a scheduler runs once");
  was_run_ = true;
  is_in_portions_ = true;
  if (current_runtime() != nullptr) abort_with("a run was started from a fiber");
#if defined(__SANITIZE_THREAD__)
  // While a process has had one thread only, the C++ library counts references without atomics,
  // which the sanitizer takes for races between fibers.
  Thread("second", [] {}).join();
#endif
  static_assert(sizeof(ExceptionGlobals) == 16, "the Itanium C++ ABI for 64 bits");
  exception_globals_ = reinterpret_cast<ExceptionGlobals*>(abi::__cxa_get_globals());
  const TsanExempt exempt;
  exchange_current_runtime(this);
  rebound(options_.steps_most);
  sanitizer_adopt_thread(root_.sanitizer);
  current_ = &root_;
  create_fiber("main", std::move(body), *processes_[kWorld]).is_joined_by_nobody = true;
  exchange_current_runtime(nullptr);
}

std::optional<RunResult> Scheduler::go_on(TimePoint horizon) {
  if (current_runtime() != nullptr) abort_with("a run goes on from a fiber");
  if (live_fibers_ == 0 || failure_) abort_with("a run goes on after its end");
  {
    // The fibers read what is written here before they acquire anything.
    const TsanExempt exempt;
    exchange_current_runtime(this);
    // Nor do those need a lock that only look at what the caller did between two portions.
    tsan_release(&root_);
    for (const auto& fiber : fibers_) {
      if (fiber->state == FiberState::kBlocked) tsan_acquire_as(fiber->sanitizer, &root_);
    }
    horizon_ = horizon;
    while (world_.runnable.empty() && !must_stop_here()) jump_to_next_deadline();
    if (steps_ == 0) {
      switch_to(*world_.runnable.front());
    } else if (!world_.runnable.empty()) {
      switch_to(choose(ChoiceKind::kEnd));
    }
    if (failure_) abandon_fibers();
    // What the fibers have done is seen from here: each may have stopped with some of it untold.
    for (const auto& fiber : fibers_) {
      if (fiber->state == FiberState::kBlocked) tsan_release_as(fiber->sanitizer, this);
    }
    tsan_acquire(this);
    exchange_current_runtime(nullptr);
  }
  if (live_fibers_ != 0 && !failure_) {
    if (horizon != kNever) world_.now = std::max(world_.now, horizon);
    return std::nullopt;
  }
  return RunResult{trace_hash_, steps_, drain_steps_, preemptions_, world_.now - options_.start,
                   failure_};
}

// --- Steps

void Scheduler::step(ChoiceKind kind, const void* touches) {
  if (uninterrupted_depth_ != 0) [[unlikely]]
    return;
  current_->reached = kind;
  current_->touches = touches;
  if (is_held_back_) [[unlikely]] {
    if (current_->process != processes_[kWorld].get() && agenda_ == &world_) {
      const Duration aside = agenda_->strategy->hold_back();
      if (aside > Duration::zero()) {
        block(kind, WaitKind::kSleep, nullptr, saturating_add(agenda_->now, aside));
        return;
      }
    }
  }
  advance();
  Fiber& next = choose(kind);
  if (&next == current_) return;
  if (agenda_ == &world_) ++preemptions_;
  switch_to(next);
}

void Scheduler::block(ChoiceKind kind, WaitKind waits_for, void* waits_on, TimePoint deadline) {
  Fiber& self = *current_;
  if (uninterrupted_depth_ != 0) {
    fail_here("misuse", "thread \"" + self.name + "\" has to wait in an Uninterrupted scope");
  }
  agenda_->remove_runnable(self);
  self.state = FiberState::kBlocked;
  self.waits_for = waits_for;
  self.waits_on = waits_on;
  self.reached = kind;
  self.is_notified = false;
  self.deadline = deadline;
  if (deadline != kNever) agenda_->add_timer(self, deadline);
  advance();
  Fiber& next = next_to_run(kind);
  if (&next != &self) switch_to(next);
  self.waits_for = WaitKind::kNothing;
  self.waits_on = nullptr;
}

void Scheduler::advance() {
  Agenda& agenda = *agenda_;
  ++steps_;
  agenda.now += step_cost_;
  if (agenda.now >= agenda.next_due) [[unlikely]]
    wake_due();
  if (steps_ > steps_bound_) [[unlikely]]
    reach_bound();
}

void Scheduler::wake_due() {
  Agenda& agenda = *agenda_;
  while (agenda.has_timer() && agenda.next_due <= agenda.now) make_ready(agenda.first_timer());
}

void Scheduler::jump_to_next_deadline() {
  if (!agenda_->has_timer()) fail_with_deadlock("no thread can run, and none waits for a deadline");
  agenda_->now = std::max(agenda_->now, agenda_->next_due);
  wake_due();
  rebound(steps_hard_bound_ - steps_);
}

// Only the world's time is in somebody's hands: a dead process runs to its end.
bool Scheduler::must_stop_here() const {
  return is_in_portions_ && agenda_ == &world_ &&
         (!world_.has_timer() || world_.next_due > horizon_);
}

// Of those that can run; the caller itself when the run stopped here, and another portion of it has
// now chosen the caller.
Fiber& Scheduler::next_to_run(ChoiceKind kind) {
  while (agenda_->runnable.empty()) {
    if (must_stop_here()) [[unlikely]] {
      switch_to(root_);
      return *current_;
    }
    jump_to_next_deadline();
  }
  return choose(kind);
}

void Scheduler::rebound(std::uint64_t steps_from_here_most) {
  steps_hard_bound_ = steps_ + steps_from_here_most;
  steps_bound_ = std::min(steps_hard_bound_, steps_ + options_.steps_without_idle_most);
  if (options_.alarm != nullptr && options_.alarm_step > steps_) {
    steps_bound_ = std::min(steps_bound_, options_.alarm_step - 1);
  }
}

Fiber& Scheduler::choose(ChoiceKind kind) {
  const std::vector<Fiber*>& runnable = agenda_->runnable;
  std::size_t chosen = 0;
  if (runnable.size() > 1) {
    chosen = agenda_->strategy->choose(
        Runnable(runnable.data(), runnable.size(), current_->runnable_index), kind);
  }
  Fiber& fiber = *runnable[chosen];
  mix((static_cast<std::uint64_t>(fiber.index) << 8) | static_cast<std::uint64_t>(kind));
  return fiber;
}

void Scheduler::make_ready(Fiber& fiber) {
  Agenda& agenda = *fiber.process->agenda;
  if (fiber.timer_index != kNowhere) agenda.remove_timer(fiber);
  fiber.state = FiberState::kReady;
  if (!fiber.process->is_paused) agenda.add_runnable(fiber);
}

// --- Switching

void Scheduler::switch_to(Fiber& next) {
  Fiber& self = *current_;
  self.exceptions = *exception_globals_;
  *exception_globals_ = next.exceptions;
  current_ = &next;
  const auto target = next.context;
  before_switch(self.sanitizer, next.sanitizer, self.state == FiberState::kEnded);
  const transfer_t transfer = jump_fcontext(target, &self);
  Fiber& from = *static_cast<Fiber*>(transfer.data);
  after_switch(self.sanitizer, from.sanitizer);
  from.context = transfer.fctx;
  if (from.state == FiberState::kEnded) [[unlikely]]
    recycle(from);
}

void Scheduler::enter_fiber(transfer_t transfer) {
  Fiber& from = *static_cast<Fiber*>(transfer.data);
  auto* self = static_cast<Scheduler*>(current_runtime());
  after_switch(self->current_->sanitizer, from.sanitizer);
  from.context = transfer.fctx;
  if (from.state == FiberState::kEnded) self->recycle(from);
  self->run_fiber();
}

void Scheduler::run_fiber() {
  Fiber& self = *current_;
  const std::function<void()>& body = self.body;
  void* const stack = self.stack.low;
  tsan_exempt_end();
  tsan_acquire(&self);
  tsan_acquire(stack);  // it may have served another fiber before
  std::optional<std::string> exception;
  try {
    body();
    self.body = nullptr;
    self.locals.clear();
  } catch (const std::exception& error) {
    exception = error.what();
  } catch (...) {
    exception = "it is no std::exception";
  }
  tsan_release(&self);
  tsan_release(this);
  tsan_release(stack);
  tsan_exempt_begin();
  if (exception) {
    fail_here("exception", "an exception left thread \"" + self.name + "\": " + *exception);
  }
  if (self.held.size() != 0) {
    fail_here("locks", "thread \"" + self.name + "\" ended while it held mutex \"" +
                           self.held[0].name + "\"");
  }
  end_fiber();
}

void Scheduler::end_fiber() {
  Fiber& self = *current_;
  agenda_->remove_runnable(self);
  self.state = FiberState::kEnded;
  --live_fibers_;
  if (self.joiner != nullptr && self.joiner->state == FiberState::kBlocked) {
    make_ready(*self.joiner);
  }
  Process& process = *self.process;
  if (--process.live_fibers == 0) process_ended(process);
  if (live_fibers_ == 0) leave_to_root();
  if (process.killer != nullptr && process.live_fibers == 0) {
    switch_to(*std::exchange(process.killer, nullptr));
  }
  advance();
  switch_to(next_to_run(ChoiceKind::kEnd));
  abort_with("an ended fiber was resumed");
}

void Scheduler::leave_to_root() {
  switch_to(root_);
  abort_with("a fiber was resumed after its run had ended");
}

void Scheduler::fail_here(std::string kind, std::string text) {
  text += "\n  " + where_and_when();
  failure_ = Failure{std::move(kind), std::move(text)};
  // A fiber that was about to end is abandoned like the others: its last frames own this text
  // still.
  if (current_->state == FiberState::kEnded) current_->state = FiberState::kBlocked;
  leave_to_root();
}

void Scheduler::fail(std::string kind, std::string text) {
  const TsanExempt exempt;
  fail_here(std::move(kind), std::move(text));
}

void Scheduler::reach_bound() {
  if (options_.alarm != nullptr && steps_ >= options_.alarm_step) {
    raise(*std::exchange(options_.alarm, nullptr));
    rebound(steps_hard_bound_ - steps_);
    return;
  }
  fail_over_bound();
}

void Scheduler::fail_over_bound() {
  if (agenda_ != &world_) {
    fail_here("process cannot stop",
              "process \"" + current_->process->name + "\" still runs after " +
                  std::to_string(options_.drain_steps_most) + " steps\n" + describe_all_waits());
  }
  const bool is_total = steps_ > steps_hard_bound_;
  fail_here("livelock",
            std::to_string(is_total ? options_.steps_most : options_.steps_without_idle_most) +
                (is_total ? " steps taken in all\n" : " steps taken without a moment of rest\n") +
                describe_all_waits());
}

// --- Fibers

Fiber& Scheduler::create_fiber(std::string name, std::function<void()> body, Process& process) {
  if (live_fibers_ >= options_.live_fibers_most) {
    fail_here("too many fibers", "thread \"" + name + "\" would be number " +
                                     std::to_string(live_fibers_ + 1) + " alive");
  }
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(fibers_.size()));
    fibers_.push_back(std::make_unique<Fiber>());
    fibers_.back()->index = free_slots_.back();
  }
  Fiber& fiber = *fibers_[free_slots_.back()];
  free_slots_.pop_back();
  ++fiber.generation;
  fiber.name = std::move(name);
  fiber.body = std::move(body);
  fiber.process = &process;
  fiber.exceptions = ExceptionGlobals{};
  fiber.joiner = nullptr;
  fiber.condition_waits = 0;
  fiber.is_joined_by_nobody = false;
  fiber.stack = stacks_.acquire();
  fiber.context = make_fcontext(fiber.stack.low + fiber.stack.size, fiber.stack.size, enter_fiber);
  sanitizer_create(fiber.sanitizer, fiber.stack.low, fiber.stack.size);
  tsan_release(&fiber);
  ++live_fibers_;
  ++process.live_fibers;
  make_ready(fiber);
  return fiber;
}

void Scheduler::recycle(Fiber& ended) {
  sanitizer_destroy(ended.sanitizer);
  stacks_.release(std::exchange(ended.stack, Stack{}));
  if (ended.is_joined_by_nobody) free_slot(ended);
}

void Scheduler::free_slot(Fiber& fiber) {
  fiber.state = FiberState::kFree;
  free_slots_.push_back(fiber.index);
}

void Scheduler::abandon_fibers() {
  for (std::unique_ptr<Fiber>& fiber : fibers_) {
    if (fiber->state != FiberState::kReady && fiber->state != FiberState::kBlocked) continue;
    tsan_release_as(fiber->sanitizer, this);
    sanitizer_destroy(fiber->sanitizer);
    abandoned_stacks_.push_back(fiber->stack);
    // What its frames and its body own refers to each other: none of it can be destroyed from here.
    leave_behind(std::move(fiber));
  }
  std::erase(fibers_, nullptr);
}

// --- Uninterrupted

Uninterrupted::Uninterrupted() : scheduler_(Scheduler::current()) {
  if (scheduler_ == nullptr) return;
  const TsanExempt exempt;
  if (scheduler_->uninterrupted_depth_++ == 0) tsan_acquire(&scheduler_->uninterrupted_depth_);
}

Uninterrupted::~Uninterrupted() {
  if (scheduler_ == nullptr) return;
  const TsanExempt exempt;
  if (scheduler_->uninterrupted_depth_ == 1) tsan_release(&scheduler_->uninterrupted_depth_);
  --scheduler_->uninterrupted_depth_;
}

}  // namespace rookery::sim
