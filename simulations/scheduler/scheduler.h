// scheduler.h
//
// Runs a whole program of many threads on one OS thread, on fibers, in virtual time, with every
// choice from one tape.
//
//   Tape tape = Tape::from_seed(7);
//   RandomStrategy strategy(tape);
//   Scheduler scheduler({}, tape, strategy);
//   RunResult result = scheduler.run([] { Thread worker("worker", [] { ... }); worker.join(); });
//   if (result.failure) std::puts(result.failure->text.c_str());
//
// Steps. Every primitive of framework/runtime is a choice point: one step, at which the strategy
// says who goes on. A step takes `step_cost` of virtual time, so a loop that waits for the clock
// ends. When no fiber can run, the clock jumps to the next deadline. Fibers whose deadlines are
// equal become ready together; the strategy orders them. A deadline that passes while others are
// busy wakes its fiber at the first step at or after it; a notify may still overtake it then.
//
// Failures. A deadlock (a cycle of waits, or no fiber that can run and no deadline), a livelock, a
// broken rule of locks, an exception that leaves a thread, or fail() ends the run at once: all
// fibers are abandoned without unwinding, and what they own is not freed (it is hidden from the
// leak checker). Objects outside of the fibers, such as those that `body` captured by reference,
// live on: they must not touch what lay on a fiber's stack.
//
// Processes. A fiber belongs to a process, inherited from the fiber that started it; the main fiber
// and all that serves the world itself belong to kWorld. A process can be paused, resumed and
// killed; kWorld cannot.
//
// What processes share (network, cluster, history) must not be guarded by a rookery::Mutex: a
// paused or killed process could be holding it. Since only one fiber runs at a time, code without
// choice points needs no lock; code that may meet one stands in an Uninterrupted scope, which no
// other fiber can enter before it ends. Between processes, wake by Signal.
//
// Thread rules: a Scheduler belongs to one OS thread, and runs once; another may follow on the same
// thread, or run on another thread at the same time. Everything said to be called "on a fiber"
// means one of this scheduler's.
#pragma once

#include <rookery/runtime/fiber_runtime.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/scheduler/agenda.h"
#include "simulations/scheduler/fiber.h"
#include "simulations/scheduler/lock_graph.h"
#include "simulations/scheduler/stack_pool.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"
#include "simulations/scheduler/wall_clock.h"

namespace rookery::sim {

class Signal;

using ProcessId = std::uint32_t;
inline constexpr ProcessId kWorld = 0;

struct SchedulerOptions {
  // Where both clocks stand when the run begins.
  TimePoint start = TimePoint(std::chrono::seconds(1));
  WallTime wall_start = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
  // Virtual time that a step takes. Zero makes deadlines exact to the nanosecond, but a busy loop
  // then never ends other than by its bound on steps.
  Duration step_cost = std::chrono::nanoseconds(100);
  // One in so many waits on a condition wakes without cause; 0 for none.
  std::uint64_t spurious_wakeup_one_in = 64;
  // A failure comes beyond these.
  std::uint64_t steps_most = 1'000'000'000;
  std::uint64_t steps_without_idle_most = 20'000'000;  // since the clock last had to jump
  std::uint64_t drain_steps_most = 5'000'000;          // of one killed process
  std::size_t live_fibers_most = 4096;                 // ThreadSanitizer dies above 8128
  // Raised when the run has taken so many steps, wherever it is then; null: none. Outlives the run.
  Signal* alarm = nullptr;
  std::uint64_t alarm_step = 0;
  // What hardware_concurrency() answers on a fiber.
  unsigned hardware_concurrency = 4;
  // Whether a deadlock's report holds the stacks of all fibers.
  bool are_stacks_reported = true;
  // Stacks to use; must outlive the scheduler. Null: a pool of its own.
  StackPool* stack_pool = nullptr;
};

struct Failure {
  // "deadlock", "livelock", "locks", "exception", "thread not joined", "process cannot stop",
  // "misuse", "too many fibers", or what fail() was told.
  std::string kind;
  // What happened, when, and on which thread.
  std::string text;
};

struct RunResult {
  // Over all choices and all trace() calls: equal for equal tapes, on any compiler, at any
  // optimisation level.
  std::uint64_t trace_hash = 0;
  std::uint64_t steps = 0;        // all of them
  std::uint64_t drain_steps = 0;  // of these, in the drains of killed processes
  // How often a thread that could go on had to stand aside for another; drains are not counted.
  std::uint64_t preemptions = 0;
  Duration virtual_elapsed{0};
  std::optional<Failure> failure;
};

// Wakes one fiber, across processes and without a mutex. A raise that comes before the wait is not
// lost. One waiter at a time. Plain data: belongs to the run's OS thread. Must not be destroyed
// while a fiber waits for it.
class Signal {
 public:
  // The name is a literal: it appears in deadlock reports.
  explicit Signal(const char* name) : name_(name) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  const char* name() const { return name_; }

 private:
  friend class Scheduler;
  const char* name_;
  bool is_raised_ = false;
  Fiber* waiter_ = nullptr;
};

class Scheduler final : public FiberRuntime {
 public:
  // The tape and the strategy must outlive the scheduler.
  Scheduler(const SchedulerOptions& options, Tape& tape, Strategy& strategy);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler();

  // Runs `body` on the main fiber, and all fibers that come of it, until every one has ended or a
  // failure. Once only.
  RunResult run(std::function<void()> body);

  // The same in portions, for who holds the clock in his own hands: start, then go on until it
  // answers the result. It stops, with no result, when nothing can run before `horizon` any more,
  // and the clock stands there then; with kNever, when nothing can run at all, which is no deadlock
  // here. Between two calls raise() may be called off the fibers.
  void start(std::function<void()> body);
  std::optional<RunResult> go_on(TimePoint horizon);

  // The scheduler whose fiber calls, or null.
  static Scheduler* current() { return static_cast<Scheduler*>(current_runtime()); }

  // --- Time and trace; no choice points.

  // The caller's time: the world's, or that of its dead process while that is drained.
  TimePoint time() const { return agenda_->now; }
  // The true one, whatever the caller's process takes it for.
  WallTime wall_time() const;
  // The world's time; it stands still while a dead process is drained.
  TimePoint world_time() const { return world_.now; }
  std::uint64_t steps() const { return steps_; }
  // Puts what happened into the trace hash: no addresses.
  void trace(std::uint64_t value) { mix(value); }
  std::uint64_t trace_hash() const { return trace_hash_; }
  // The tape to draw from on this fiber: the run's, or a dead process's own generator.
  Tape& tape() { return *agenda_->tape; }

  // How often this fiber began to wait on a condition, also anew after a wake-up.
  std::uint64_t condition_waits() const;

  // --- Processes; on a fiber.

  // Starts a process with this fiber in it, which nobody joins. Not from a dead process.
  ProcessId spawn_process(std::string name, std::function<void()> main);
  ProcessId current_process() const;
  std::string_view process_name(ProcessId process);
  std::size_t live_fibers(ProcessId process);
  // Killed, whether its drain still goes on or not.
  bool process_is_dead(ProcessId process);
  bool current_process_is_dead() { return process_is_dead(current_process()); }
  // Returns once all fibers of the process have ended, with true; or at the deadline.
  bool wait_for_process(ProcessId process, TimePoint deadline);

  // The fibers of a paused process do not run: what wakes them, deadlines included, takes effect on
  // resume. Mutexes they hold stay held. Not of the caller's own process. Both may be repeated.
  void pause(ProcessId process);
  void resume(ProcessId process);
  bool is_paused(ProcessId process);

  // What wall_now() adds to the true time in the process; the monotonic clock is nobody's own.
  WallClock& wall_clock(ProcessId process);
  // How often the process has read its wall clock while it was wrong.
  std::uint64_t wrong_wall_reads(ProcessId process);

  // Ends a process as a crash does for the world, and in order for its memory. The caller has
  // already cut the process off the network, so that nothing it does from now on reaches anybody.
  // Its fibers, and one more that calls `on_kill`, run alone until all have ended, destructors
  // included. `on_kill` should ask the program to stop, and raise every signal its fibers wait for
  // without a deadline: the world, which would have raised it, stands still.
  //
  // For the world no time passes meanwhile: the process has a clock of its own, which starts at the
  // world's time and jumps when all its fibers wait. Its draws come from a generator derived from
  // the trace so far, not from the tape: the tape stays short, and the world's draws where they
  // are.
  //
  // On return the process is gone. When it waits for what cannot come, or takes too many steps, the
  // run fails ("process cannot stop"). Only from a fiber of another process, itself alive, outside
  // of any Uninterrupted scope. A paused process can be killed; one that has ended already is only
  // marked dead.
  void kill(ProcessId process, std::function<void()> on_kill);

  // --- Between processes; on a fiber.

  // Consumes the signal and returns true, at once if it was raised before; false at the deadline. A
  // choice point.
  bool wait_for_signal(Signal& signal, TimePoint deadline);
  // No choice point: may be called in an Uninterrupted scope.
  void raise(Signal& signal);

  // What each thread waits for, one a line: for who fails the run because something does not end.
  std::string describe_all_waits() const;

  // --- FiberRuntime

  TimePoint now() override;
  WallTime wall_now() override;
  void sleep_until(TimePoint deadline) override;
  void lock(MutexState& mutex) override;
  bool try_lock(MutexState& mutex) override;
  void unlock(MutexState& mutex) override;
  void destroyed(MutexState& mutex) override;
  bool wait(ConditionState& condition, MutexState& mutex, TimePoint deadline) override;
  void notify_one(ConditionState& condition) override;
  void notify_all(ConditionState& condition) override;
  void destroyed(ConditionState& condition) override;
  FiberId spawn(std::string name, std::function<void()> body) override;
  bool join_until(FiberId fiber, TimePoint deadline) override;
  std::string_view fiber_name() override;
  std::string_view name_of(FiberId fiber) override;
  unsigned hardware_concurrency() override;
  std::uint64_t random_u64() override;
  std::uint64_t random_below(std::uint64_t bound) override;
  FiberLocalTable& fiber_locals() override;
  void choice_point(ChoiceKind kind, const char* where) override;
  void assert_no_locks_held(const char* what) override;
  [[noreturn]] void fail(std::string kind, std::string text) override;

 private:
  friend class Uninterrupted;

  // scheduler.cc: running and switching.
  // `touches`: what the thread is about to lock, notify ... there; null when that is unknown.
  void step(ChoiceKind kind, const void* touches = nullptr);
  void block(ChoiceKind kind, WaitKind waits_for, void* waits_on, TimePoint deadline);
  void advance();
  void wake_due();
  void jump_to_next_deadline();
  bool must_stop_here() const;
  Fiber& next_to_run(ChoiceKind kind);
  Fiber& choose(ChoiceKind kind);
  void switch_to(Fiber& next);
  void make_ready(Fiber& fiber);
  void reach_bound();
  [[noreturn]] void fail_over_bound();
  void rebound(std::uint64_t steps_from_here_most);
  Fiber& create_fiber(std::string name, std::function<void()> body, Process& process);
  void recycle(Fiber& ended);
  void free_slot(Fiber& fiber);
  static void enter_fiber(boost::context::detail::transfer_t transfer);
  void run_fiber();
  [[noreturn]] void end_fiber();
  [[noreturn]] void leave_to_root();
  [[noreturn]] void fail_here(std::string kind, std::string text);
  void abandon_fibers();
  void mix(std::uint64_t value) {
    trace_hash_ = (((trace_hash_ << 7) | (trace_hash_ >> 57)) ^ value) * 0x9e3779b97f4a7c15ULL;
  }

  // primitives.cc
  void adopt(MutexState& mutex);
  void adopt(ConditionState& condition);
  void acquire(MutexState& mutex);
  void release(MutexState& mutex);
  void note_lock_order(const MutexState& mutex);
  void wake_waiter(Fiber& fiber);
  void check_rule(const std::string& problem);
  Fiber* find_fiber(FiberId id) const;

  // processes.cc
  Process& process_at(ProcessId process);
  Process& foreign_process(ProcessId process, const char* action);
  void process_ended(Process& process);
  void unpause(Process& process);

  // report.cc
  [[noreturn]] void fail_with_deadlock(const std::string& what);
  void fail_on_wait_cycle();
  std::string where_and_when() const;
  std::string describe_wait(const Fiber& fiber) const;
  std::vector<Fiber*> fibers_to_report() const;
  std::string describe_cycle_from(const Fiber& fiber) const;
  std::string stack_of(Fiber& fiber);
  Fiber* waited_for(const Fiber& fiber) const;

  // What each step touches.
  Fiber* current_ = nullptr;
  Agenda* agenda_;
  std::uint64_t steps_ = 0;
  std::uint64_t steps_bound_ = 0;  // the nearest of all bounds
  std::uint64_t trace_hash_ = 0;
  Duration step_cost_;
  std::uint32_t uninterrupted_depth_ = 0;
  ExceptionGlobals* exception_globals_ = nullptr;

  Agenda world_;
  SchedulerOptions options_;
  std::uint64_t run_;  // names this run in MutexState and ConditionState
  bool is_held_back_;  // the strategy may put threads aside
  bool was_run_ = false;
  bool is_in_portions_ = false;
  TimePoint horizon_ = kNever;          // of this portion
  std::uint64_t steps_hard_bound_ = 0;  // of the whole run, or of the drain that goes on
  std::uint64_t drain_steps_ = 0;
  std::uint64_t preemptions_ = 0;
  StackPool own_stacks_;
  StackPool& stacks_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<std::uint32_t> free_slots_;
  std::size_t live_fibers_ = 0;
  std::vector<std::unique_ptr<Process>> processes_;
  LockGraph lock_graph_;
  Fiber root_;  // the OS thread's own stack, from which run() was called
  std::optional<Failure> failure_;
  std::vector<Stack> abandoned_stacks_;
};

// A scope in which no other fiber runs: choice points inside do not switch and cost nothing, and a
// call that must wait fails the run. For the world's own structures, which fibers of all processes
// reach. To ThreadSanitizer all such scopes of a run are one mutex. Off the fibers it does nothing.
// May be nested.
class [[nodiscard]] Uninterrupted {
 public:
  Uninterrupted();
  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;
  ~Uninterrupted();

 private:
  Scheduler* scheduler_;
};

}  // namespace rookery::sim
