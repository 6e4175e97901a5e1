// choice_point.h
//
// A place where another thread may come first, for code whose order matters without a lock or an
// atomic in sight. On a fiber the simulator may switch there; on an OS thread it does nothing.

#pragma once

#include <rookery/runtime/fiber_runtime.h>

namespace rookery {

// `where` names the place in traces; a literal.
inline void choice_point(const char* where) {
  if (FiberRuntime* runtime = current_runtime()) [[unlikely]] {
    runtime->choice_point(ChoiceKind::kUser, where);
  }
}

// Whether the caller runs in a simulation.
inline bool on_fiber() { return current_runtime() != nullptr; }

}  // namespace rookery
