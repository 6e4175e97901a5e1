// fiber.h
//
// One simulated thread: its context, what it waits for, what it holds. Private to the scheduler.
#pragma once

#include <rookery/runtime/fiber_local.h>
#include <rookery/runtime/fiber_runtime.h>
#include <rookery/runtime/held_locks.h>

#include <boost/context/detail/fcontext.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "simulations/scheduler/sanitizers.h"
#include "simulations/scheduler/stack_pool.h"

namespace rookery::sim {

struct Process;

// What libstdc++ keeps for each thread about exceptions in flight (__cxa_get_globals, Itanium C++
// ABI).
struct ExceptionGlobals {
  void* caught = nullptr;
  unsigned int uncaught_count = 0;
};

enum class FiberState : std::uint8_t { kFree, kReady, kBlocked, kEnded };
enum class WaitKind : std::uint8_t {
  kNothing,
  kMutex,
  kCondition,
  kSleep,
  kJoin,
  kSignal,
  kProcess
};

inline constexpr std::uint32_t kNowhere = UINT32_MAX;

struct Fiber {
  FiberId id() const { return (static_cast<FiberId>(generation) << 32) | (index + 1); }

  // What a switch touches comes first.
  boost::context::detail::fcontext_t context = nullptr;
  ExceptionGlobals exceptions;
  std::uint32_t runnable_index = kNowhere;  // its place among those that can run
  std::uint32_t index = 0;                  // its slot in the scheduler's table
  FiberState state = FiberState::kFree;
  WaitKind waits_for = WaitKind::kNothing;
  bool is_notified = false;  // by a condition, a signal, ...: not by its timer
  bool is_joined_by_nobody = false;
  ChoiceKind reached = ChoiceKind::kUser;  // its last choice point: what it does when it goes on
  const void* touches = nullptr;           // the mutex, condition ... that this is about
  SanitizerFiber sanitizer;

  Process* process = nullptr;
  void* waits_on = nullptr;      // MutexState, ConditionState, Fiber, Signal, Process
  Fiber* next_waiter = nullptr;  // in the list of what it waits on
  std::uint32_t timer_index = kNowhere;
  TimePoint deadline = kNever;  // valid while in the heap of timers, or blocked
  Fiber* joiner = nullptr;
  std::uint32_t generation = 0;  // of the slot
  HeldLocks held;
  std::uint64_t condition_waits = 0;
  FiberLocalTable locals;
  std::string name;
  std::function<void()> body;
  Stack stack;
};

}  // namespace rookery::sim
