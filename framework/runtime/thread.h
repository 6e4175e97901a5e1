// thread.h
//
// A thread with a name, joined by its owner before it goes out of scope.
//
//   Thread heartbeat("heartbeat", [this] { run_heartbeat(); });
//   ...
//   if (!heartbeat.join_until(deadline)) ... // still running: the owner must keep it
//
// The destructor of a joinable thread terminates the process with a message that names it. An
// exception that leaves the body terminates the process with the thread's name and what(). On a
// fiber both are reported failures of the run.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <rookery/runtime/fiber_runtime.h>
#include <rookery/runtime/time_types.h>

namespace rookery {

class Thread {
 public:
  // No thread: not joinable.
  Thread() noexcept;
  // Starts the body. The OS shows the first 15 characters of the name. Throws std::system_error
  // when the system has no thread to give.
  Thread(std::string name, std::function<void()> body);
  Thread(Thread&& other) noexcept;
  // The target must not be joinable.
  Thread& operator=(Thread&& other) noexcept;
  ~Thread();

  // True: the body has ended, and the thread is no longer joinable. False: the deadline came first.
  // Only on a joinable thread, from one thread at a time, and never from the thread itself.
  bool join_until(TimePoint deadline);
  void join();
  bool joinable() const { return os_thread_ != nullptr || fiber_ != 0; }

 private:
  struct OsThread;

  std::unique_ptr<OsThread> os_thread_;
  FiberId fiber_ = 0;
};

// The name given to the Thread that calls; "main" or the OS's name for threads made elsewhere.
// Valid in this thread.
std::string_view current_thread_name();

// How many threads the machine runs at once, at least 1. On a fiber a fixed number of the
// simulation's.
unsigned hardware_concurrency();

}  // namespace rookery
