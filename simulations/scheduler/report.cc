// report.cc
//
// What is said about a run that failed: who waits for what, in which circle, and where in the code.

#include <cxxabi.h>
#include <execinfo.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "simulations/scheduler/process.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

using boost::context::detail::jump_fcontext;
using boost::context::detail::ontop_fcontext;
using boost::context::detail::transfer_t;

namespace {

std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

// "12.000000100 s": exact, and without floating point.
std::string seconds_of(TimePoint time) {
  const long long nanoseconds = time.time_since_epoch().count();
  char text[48];
  std::snprintf(text, sizeof(text), "%lld.%09lld s", nanoseconds / 1'000'000'000,
                nanoseconds % 1'000'000'000);
  return text;
}

constexpr int kFramesMost = 48;

struct Frames {
  void* addresses[kFramesMost];
  int count = 0;
};

// Runs on top of the stack it describes, and goes back at once: its fiber is never resumed.
transfer_t take_frames(transfer_t transfer) {
  auto* frames = static_cast<Frames*>(transfer.data);
  frames->count = backtrace(frames->addresses, kFramesMost);
  return jump_fcontext(transfer.fctx, nullptr);
}

// The function's name in a line of backtrace_symbols(), "file(name+0x12) [0x...]"; no addresses,
// which differ from run to run.
std::string function_in(std::string_view line) {
  const std::size_t open = line.find('(');
  const std::size_t plus = line.find('+', open);
  if (open == std::string_view::npos || plus == std::string_view::npos) return {};
  const std::string mangled(line.substr(open + 1, plus - open - 1));
  if (mangled.empty()) return {};
  int status = 0;
  char* demangled = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
  std::string name = status == 0 ? demangled : mangled;
  std::free(demangled);
  return name;
}

}  // namespace

std::string Scheduler::where_and_when() const {
  return "at " + seconds_of(agenda_->now) + ", step " + std::to_string(steps_) + ", on thread " +
         quoted(current_->name) + " of process " + quoted(current_->process->name);
}

// The fiber without which this one cannot go on; null when a notify, a deadline or the schedule
// frees it.
Fiber* Scheduler::waited_for(const Fiber& fiber) const {
  if (&fiber != current_) {
    if (fiber.state != FiberState::kBlocked || fiber.deadline != kNever) return nullptr;
  }
  if (fiber.waits_for == WaitKind::kMutex) {
    return static_cast<Fiber*>(static_cast<MutexState*>(fiber.waits_on)->owner);
  }
  if (fiber.waits_for == WaitKind::kJoin) return static_cast<Fiber*>(fiber.waits_on);
  return nullptr;
}

void Scheduler::fail_on_wait_cycle() {
  const Fiber* fiber = waited_for(*current_);
  for (std::size_t steps = 0; fiber != nullptr && steps <= fibers_.size(); ++steps) {
    if (fiber == current_) fail_with_deadlock("threads wait for each other in a cycle");
    fiber = waited_for(*fiber);
  }
}

std::string Scheduler::describe_wait(const Fiber& fiber) const {
  std::string text = "thread " + quoted(fiber.name) + " of process " + quoted(fiber.process->name);
  switch (fiber.waits_for) {
    case WaitKind::kNothing:
      text += fiber.process->is_paused ? " is paused" : " can run";
      return text;
    case WaitKind::kMutex: {
      const auto* mutex = static_cast<const MutexState*>(fiber.waits_on);
      text += " waits for mutex " + quoted(mutex->name);
      const auto* owner = static_cast<const Fiber*>(mutex->owner);
      text += owner != nullptr ? ", held by thread " + quoted(owner->name) : ", which is free";
      break;
    }
    case WaitKind::kCondition:
      text +=
          " waits on condition " + quoted(static_cast<const ConditionState*>(fiber.waits_on)->name);
      break;
    case WaitKind::kSleep:
      text += " sleeps";
      break;
    case WaitKind::kJoin:
      text +=
          " waits for the end of thread " + quoted(static_cast<const Fiber*>(fiber.waits_on)->name);
      break;
    case WaitKind::kSignal:
      text += " waits for signal " + quoted(static_cast<const Signal*>(fiber.waits_on)->name());
      break;
    case WaitKind::kProcess:
      text += " waits for the end of process " +
              quoted(static_cast<const Process*>(fiber.waits_on)->name);
      break;
  }
  const bool is_awake = fiber.state == FiberState::kReady && &fiber != current_;
  if (is_awake) text += fiber.process->is_paused ? " (woken, but paused)" : " (woken)";
  if (fiber.waits_for == WaitKind::kMutex || is_awake) return text;
  text +=
      fiber.deadline == kNever ? ", without a deadline" : ", until " + seconds_of(fiber.deadline);
  return text;
}

// All that live; while a dead process is drained only its own, since the others merely stand still.
std::vector<Fiber*> Scheduler::fibers_to_report() const {
  std::vector<Fiber*> fibers;
  for (const std::unique_ptr<Fiber>& fiber : fibers_) {
    const bool is_alive =
        fiber->state == FiberState::kReady || fiber->state == FiberState::kBlocked;
    if (is_alive && fiber->process->agenda == agenda_) fibers.push_back(fiber.get());
  }
  return fibers;
}

std::string Scheduler::describe_all_waits() const {
  std::string text;
  for (const Fiber* fiber : fibers_to_report()) text += "  " + describe_wait(*fiber) + "\n";
  return text;
}

// The circle of waits that this fiber is part of; empty when it is in none.
std::string Scheduler::describe_cycle_from(const Fiber& fiber) const {
  std::string text = quoted(fiber.name);
  const Fiber* at = &fiber;
  for (std::size_t steps = 0; steps <= fibers_.size(); ++steps) {
    const Fiber* next = waited_for(*at);
    if (next == nullptr) return {};
    if (at->waits_for == WaitKind::kMutex) {
      text += " -> mutex " + quoted(static_cast<const MutexState*>(at->waits_on)->name);
    } else {
      text += " -> end of";
    }
    text += " -> " + quoted(next->name);
    if (next == &fiber) return text;
    at = next;
  }
  return {};
}

std::string Scheduler::stack_of(Fiber& fiber) {
  Frames frames;
  if (&fiber == current_) {
    frames.count = backtrace(frames.addresses, kFramesMost);
  } else {
    const transfer_t back = ontop_fcontext(fiber.context, &frames, take_frames);
    fiber.context = back.fctx;
  }
  char** lines = backtrace_symbols(frames.addresses, frames.count);
  if (lines == nullptr) return "    no stack: out of memory\n";
  std::string text;
  for (int i = 0; i < frames.count; ++i) {
    const std::string function = function_in(lines[i]);
    const bool is_ours = function.find("rookery::sim::Scheduler::") != std::string::npos;
    if (!function.empty() && !is_ours) text += "    " + function + "\n";
  }
  std::free(static_cast<void*>(lines));
  return text;
}

void Scheduler::fail_with_deadlock(const std::string& what) {
  std::string text = what + "\n" + describe_all_waits();
  for (const Fiber* fiber : fibers_to_report()) {
    const std::string cycle = describe_cycle_from(*fiber);
    if (cycle.empty()) continue;
    text += "  cycle: " + cycle + "\n";
    break;
  }
  if (options_.are_stacks_reported && kCanWalkForeignStacks) {
    for (Fiber* fiber : fibers_to_report()) {
      if (fiber->waits_for == WaitKind::kNothing) continue;
      text += "  stack of thread " + quoted(fiber->name) + ":\n" + stack_of(*fiber);
    }
  }
  const bool is_draining = agenda_ != &world_;
  if (is_draining) text = "process " + quoted(current_->process->name) + ": " + text;
  fail_here(is_draining ? "process cannot stop" : "deadlock", text);
}

}  // namespace rookery::sim
