// primitives.cc
//
// The primitives of framework/runtime on fibers: which choice points each has, and who is woken by
// what.
//
// lock: a point before. unlock: one after, so that who waited may run first. wait: one between the
// predicate and the wait, where a notify that does not hold the mutex gets lost. notify: one
// before, and one after if it woke somebody. An atomic or a clock: one before.

#include <utility>

#include "simulations/scheduler/process.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {
namespace {

Fiber* first_waiter(void* list) { return static_cast<Fiber*>(list); }

void add_waiter(void*& list, Fiber& fiber) {
  fiber.next_waiter = first_waiter(list);
  list = &fiber;
}

void remove_waiter(void*& list, Fiber& fiber) {
  if (list == &fiber) {
    list = fiber.next_waiter;
  } else {
    Fiber* before = first_waiter(list);
    while (before->next_waiter != &fiber) before = before->next_waiter;
    before->next_waiter = fiber.next_waiter;
  }
  fiber.next_waiter = nullptr;
}

// Any of those who wait, by the tape; zero is the longest waiting. The list must not be empty.
Fiber& take_waiter(void*& list, Tape& tape) {
  std::size_t count = 0;
  for (Fiber* fiber = first_waiter(list); fiber != nullptr; fiber = fiber->next_waiter) ++count;
  std::size_t steps = count - 1 - tape.draw(count);
  Fiber* taken = first_waiter(list);
  for (; steps > 0; --steps) taken = taken->next_waiter;
  remove_waiter(list, *taken);
  return *taken;
}

}  // namespace

// --- Time

TimePoint Scheduler::now() {
  const TsanExempt exempt;
  step(ChoiceKind::kClock);
  return agenda_->now;
}

WallTime Scheduler::wall_now() {
  const TsanExempt exempt;
  step(ChoiceKind::kClock);
  Process& process = *current_->process;
  const Duration deviation = process.wall_clock.deviation(agenda_->now);
  if (deviation == Duration::zero()) return wall_time();
  ++process.wrong_wall_reads;
  return wall_time() + std::chrono::floor<std::chrono::milliseconds>(deviation);
}

std::uint64_t Scheduler::condition_waits() const { return current_->condition_waits; }

WallTime Scheduler::wall_time() const {
  return options_.wall_start +
         std::chrono::floor<std::chrono::milliseconds>(agenda_->now - options_.start);
}

void Scheduler::sleep_until(TimePoint deadline) {
  const TsanExempt exempt;
  if (deadline <= agenda_->now) {
    step(ChoiceKind::kSleep);
    return;
  }
  block(ChoiceKind::kSleep, WaitKind::kSleep, nullptr, deadline);
}

// --- Mutexes

void Scheduler::check_rule(const std::string& problem) {
  if (!problem.empty()) [[unlikely]]
    fail_here("locks", problem);
}

void Scheduler::adopt(MutexState& mutex) {
  if (mutex.run == run_) [[likely]]
    return;
  mutex.run = run_;
  mutex.owner = nullptr;
  mutex.waiters = nullptr;
  mutex.graph_node = lock_graph_.node(mutex.name);
}

void Scheduler::adopt(ConditionState& condition) {
  if (condition.run == run_) [[likely]]
    return;
  condition.run = run_;
  condition.waiters = nullptr;
}

void Scheduler::note_lock_order(const MutexState& mutex) {
  const HeldLocks& held = current_->held;
  for (std::size_t i = 0; i < held.size(); ++i) {
    const std::string cycle = lock_graph_.add_edge(held[i].graph_node, mutex.graph_node);
    if (!cycle.empty()) {
      fail_here("locks", "mutexes are locked in a cycle over the run: " + cycle + "; thread \"" +
                             current_->name + "\" closes it");
    }
  }
}

void Scheduler::acquire(MutexState& mutex) {
  Fiber& self = *current_;
  while (mutex.owner != nullptr) {
    self.waits_for = WaitKind::kMutex;
    self.waits_on = &mutex;
    fail_on_wait_cycle();
    add_waiter(mutex.waiters, self);
    block(ChoiceKind::kLock, WaitKind::kMutex, &mutex, kNever);
  }
  mutex.owner = &self;
  self.held.add(mutex);
  tsan_acquire(&mutex);
}

void Scheduler::release(MutexState& mutex) {
  Fiber& self = *current_;
  if (mutex.run != run_ || mutex.owner != &self || !self.held.remove(mutex)) {
    fail_here("locks", "mutex \"" + std::string(mutex.name) + "\" is unlocked by thread \"" +
                           self.name + "\", which does not hold it");
  }
  tsan_release(&mutex);
  mutex.owner = nullptr;
  if (mutex.waiters == nullptr) return;
  // Not handed over: whoever comes first may still take it, and the woken one waits again.
  Fiber& woken = take_waiter(mutex.waiters, *agenda_->tape);
  woken.is_notified = true;
  make_ready(woken);
}

void Scheduler::lock(MutexState& mutex) {
  const TsanExempt exempt;
  adopt(mutex);
  check_rule(current_->held.check_lock(mutex));
  note_lock_order(mutex);
  step(ChoiceKind::kLock, &mutex);
  acquire(mutex);
}

bool Scheduler::try_lock(MutexState& mutex) {
  const TsanExempt exempt;
  adopt(mutex);
  check_rule(current_->held.check_try_lock(mutex));
  step(ChoiceKind::kTryLock, &mutex);
  if (mutex.owner != nullptr) return false;
  acquire(mutex);
  return true;
}

void Scheduler::unlock(MutexState& mutex) {
  const TsanExempt exempt;
  release(mutex);
  step(ChoiceKind::kUnlock);
}

void Scheduler::destroyed(MutexState& mutex) {
  const TsanExempt exempt;
  if (mutex.run != run_) return;
  if (mutex.owner == nullptr && mutex.waiters == nullptr) return;
  fail_here("locks", "mutex \"" + std::string(mutex.name) + "\" is destroyed while " +
                         (mutex.owner != nullptr
                              ? "held by thread \"" + static_cast<Fiber*>(mutex.owner)->name + "\""
                              : std::string("threads wait for it")));
}

void Scheduler::assert_no_locks_held(const char* what) {
  const TsanExempt exempt;
  check_rule(current_->held.check_none(what));
}

// --- Conditions

bool Scheduler::wait(ConditionState& condition, MutexState& mutex, TimePoint deadline) {
  const TsanExempt exempt;
  Fiber& self = *current_;
  adopt(condition);
  ++self.condition_waits;
  check_rule(self.held.check_wait(mutex, condition.name));
  step(ChoiceKind::kWait, &condition);
  const bool is_spurious =
      agenda_->tape->one_in(agenda_ == &world_ ? options_.spurious_wakeup_one_in : 0);
  const bool is_late = deadline <= agenda_->now;
  bool is_in_time = true;
  release(mutex);
  self.touches = &mutex;
  if (is_late || is_spurious) {
    step(ChoiceKind::kWait, &mutex);
    is_in_time = !is_late;
  } else {
    add_waiter(condition.waiters, self);
    block(ChoiceKind::kWait, WaitKind::kCondition, &condition, deadline);
    if (!self.is_notified) {
      // Stayed in the list until here, so that a notify could still overtake the deadline.
      remove_waiter(condition.waiters, self);
      is_in_time = false;
    }
  }
  acquire(mutex);
  return is_in_time;
}

void Scheduler::notify_one(ConditionState& condition) {
  const TsanExempt exempt;
  adopt(condition);
  step(ChoiceKind::kNotify, &condition);
  if (condition.waiters == nullptr) return;
  wake_waiter(take_waiter(condition.waiters, *agenda_->tape));
  step(ChoiceKind::kNotify, &condition);
}

void Scheduler::notify_all(ConditionState& condition) {
  const TsanExempt exempt;
  adopt(condition);
  step(ChoiceKind::kNotify, &condition);
  if (condition.waiters == nullptr) return;
  while (condition.waiters != nullptr) {
    Fiber& fiber = *first_waiter(condition.waiters);
    remove_waiter(condition.waiters, fiber);
    wake_waiter(fiber);
  }
  step(ChoiceKind::kNotify, &condition);
}

void Scheduler::wake_waiter(Fiber& fiber) {
  fiber.is_notified = true;
  if (fiber.state == FiberState::kBlocked) make_ready(fiber);
}

void Scheduler::destroyed(ConditionState& condition) {
  const TsanExempt exempt;
  if (condition.run != run_ || condition.waiters == nullptr) return;
  fail_here("locks", "condition \"" + std::string(condition.name) +
                         "\" is destroyed while thread \"" + first_waiter(condition.waiters)->name +
                         "\" waits on it");
}

// --- Signals

bool Scheduler::wait_for_signal(Signal& signal, TimePoint deadline) {
  const TsanExempt exempt;
  Fiber& self = *current_;
  step(ChoiceKind::kWait);
  if (!signal.is_raised_ && deadline > agenda_->now) {
    if (signal.waiter_ != nullptr) {
      fail_here("misuse", "threads \"" + signal.waiter_->name + "\" and \"" + self.name +
                              "\" wait for the one signal \"" + signal.name_ + "\"");
    }
    signal.waiter_ = &self;
    block(ChoiceKind::kWait, WaitKind::kSignal, &signal, deadline);
    signal.waiter_ = nullptr;
  }
  if (signal.is_raised_) tsan_acquire(&signal);
  return std::exchange(signal.is_raised_, false);
}

void Scheduler::raise(Signal& signal) {
  const TsanExempt exempt;
  tsan_release(&signal);
  signal.is_raised_ = true;
  if (signal.waiter_ != nullptr) wake_waiter(*signal.waiter_);
}

// --- Threads

Fiber* Scheduler::find_fiber(FiberId id) const {
  const std::size_t index = (id & UINT32_MAX) - 1;
  if (index >= fibers_.size()) return nullptr;
  Fiber* fiber = fibers_[index].get();
  return fiber->id() == id && fiber->state != FiberState::kFree ? fiber : nullptr;
}

FiberId Scheduler::spawn(std::string name, std::function<void()> body) {
  const TsanExempt exempt;
  const FiberId id = create_fiber(std::move(name), std::move(body), *current_->process).id();
  step(ChoiceKind::kSpawn);
  return id;
}

bool Scheduler::join_until(FiberId id, TimePoint deadline) {
  const TsanExempt exempt;
  Fiber& self = *current_;
  Fiber* target = find_fiber(id);
  if (target == nullptr) {
    fail_here("misuse", "thread \"" + self.name + "\" joins a thread that is no more");
  }
  if (target == &self) fail_here("deadlock", "thread \"" + self.name + "\" joins itself");
  step(ChoiceKind::kJoin);
  if (target->state != FiberState::kEnded && deadline > agenda_->now) {
    if (target->joiner != nullptr) {
      fail_here("misuse", "thread \"" + target->name + "\" is joined by \"" + target->joiner->name +
                              "\" and \"" + self.name + "\" at once");
    }
    self.waits_for = WaitKind::kJoin;
    self.waits_on = target;
    if (deadline == kNever) fail_on_wait_cycle();
    target->joiner = &self;
    block(ChoiceKind::kJoin, WaitKind::kJoin, target, deadline);
    target->joiner = nullptr;
  }
  if (target->state != FiberState::kEnded) return false;
  tsan_acquire(target);
  free_slot(*target);
  return true;
}

std::string_view Scheduler::fiber_name() { return current_->name; }

std::string_view Scheduler::name_of(FiberId id) {
  const Fiber* fiber = find_fiber(id);
  return fiber != nullptr ? std::string_view(fiber->name) : "?";
}

unsigned Scheduler::hardware_concurrency() { return options_.hardware_concurrency; }

// --- Dice, locals, plain points

std::uint64_t Scheduler::random_u64() {
  const TsanExempt exempt;
  return agenda_->tape->draw_u64();
}

std::uint64_t Scheduler::random_below(std::uint64_t bound) {
  const TsanExempt exempt;
  return agenda_->tape->draw(bound);
}

FiberLocalTable& Scheduler::fiber_locals() { return current_->locals; }

void Scheduler::choice_point(ChoiceKind kind, const char* /*where*/) {
  const TsanExempt exempt;
  step(kind);
}

}  // namespace rookery::sim
