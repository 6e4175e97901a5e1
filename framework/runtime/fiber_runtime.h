// fiber_runtime.h
//
// What a simulator of threads must offer, and the pointer that says whether one is at work here.
//
// Every primitive of this room (time, locks, threads, randomness) first looks at
// `current_runtime()`. On an ordinary thread it is null and the primitive is the operating system's
// own. On a fiber of simulations/scheduler it points to that scheduler, and the primitive is one of
// its choice points. The pointer is the only mutable global state of the project; it is set by the
// scheduler alone, for the time it runs fibers on this thread.
//
// Application code never needs this header.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <rookery/runtime/time_types.h>

namespace rookery {

class FiberLocalTable;

// Which primitive reached the scheduler. The numbers enter trace hashes: add at the end only.
enum class ChoiceKind : std::uint8_t {
  kUser = 1,
  kLock,
  kTryLock,
  kUnlock,
  kWait,
  kNotify,
  kSleep,
  kAtomic,
  kClock,
  kSpawn,
  kJoin,
  kEnd,
};

// The simulated half of a Mutex, plain data inside it. `run` names the run of a scheduler that the
// other fields belong to: what an earlier run left behind is void. Zero: never used on a fiber.
struct MutexState {
  constexpr MutexState(const char* mutex_name, int mutex_rank)
      : name(mutex_name), rank(mutex_rank) {}

  const char* name;  // a literal: it outlives the mutex
  int rank;
  std::uint32_t graph_node = 0;
  std::uint64_t run = 0;
  void* owner = nullptr;    // the fiber that holds it
  void* waiters = nullptr;  // list of fibers blocked in lock()
};

// The simulated half of a ConditionVariable; as above.
struct ConditionState {
  constexpr explicit ConditionState(const char* condition_name) : name(condition_name) {}

  const char* name;
  std::uint64_t run = 0;
  void* waiters = nullptr;
};

// Names one fiber within one run; never used twice in it. Zero is no fiber.
using FiberId = std::uint64_t;

// All calls come from a fiber of this very runtime. Each may switch to other fibers before it
// returns, except where said. Violations of the rules (rank, wait with a second lock, ...) end the
// run as a reported failure: such a call never returns.
class FiberRuntime {
 public:
  virtual TimePoint now() = 0;
  virtual WallTime wall_now() = 0;
  virtual void sleep_until(TimePoint deadline) = 0;

  virtual void lock(MutexState& mutex) = 0;
  virtual bool try_lock(MutexState& mutex) = 0;
  virtual void unlock(MutexState& mutex) = 0;
  virtual void destroyed(MutexState& mutex) = 0;  // does not switch

  // Releases the mutex, blocks until notified, spuriously woken, or the deadline; locks again.
  // False: the deadline.
  virtual bool wait(ConditionState& condition, MutexState& mutex, TimePoint deadline) = 0;
  virtual void notify_one(ConditionState& condition) = 0;
  virtual void notify_all(ConditionState& condition) = 0;
  virtual void destroyed(ConditionState& condition) = 0;  // does not switch

  virtual FiberId spawn(std::string name, std::function<void()> body) = 0;
  // True: the fiber has ended and its id is now void. False: the deadline came first.
  virtual bool join_until(FiberId fiber, TimePoint deadline) = 0;
  virtual std::string_view fiber_name() = 0;            // does not switch
  virtual std::string_view name_of(FiberId fiber) = 0;  // does not switch
  virtual unsigned hardware_concurrency() = 0;          // does not switch

  virtual std::uint64_t random_u64() = 0;                       // does not switch
  virtual std::uint64_t random_below(std::uint64_t bound) = 0;  // does not switch
  virtual FiberLocalTable& fiber_locals() = 0;                  // does not switch
  virtual void choice_point(ChoiceKind kind, const char* where) = 0;
  virtual void assert_no_locks_held(const char* what) = 0;  // does not switch

  // Ends the run with this failure: control never comes back to any fiber of it.
  [[noreturn]] virtual void fail(std::string kind, std::string text) = 0;

 protected:
  ~FiberRuntime() = default;
};

namespace detail {
inline constinit thread_local FiberRuntime* current_runtime_pointer = nullptr;
}  // namespace detail

// The simulator whose fiber calls this, or null on an ordinary thread.
inline FiberRuntime* current_runtime() { return detail::current_runtime_pointer; }

// For schedulers only. Returns what was set before.
inline FiberRuntime* exchange_current_runtime(FiberRuntime* runtime) {
  FiberRuntime* previous = detail::current_runtime_pointer;
  detail::current_runtime_pointer = runtime;
  return previous;
}

}  // namespace rookery
