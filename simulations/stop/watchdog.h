// watchdog.h
//
// Gates that open once, and a dog that barks when something does not end. On threads and on fibers.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <functional>
#include <string>

namespace rookery::stopping {

// Opens once; whoever waits goes on.
class Gate {
 public:
  explicit Gate(const char* name) : opened_(name) {}
  void open();
  bool is_open() const;
  // False: the deadline came first.
  bool wait_until(TimePoint deadline);

 private:
  mutable Mutex mutex_{"stop.gate", ranks::kLeaf};
  ConditionVariable opened_;
  bool is_open_ = false;
};

// Unless it is destroyed in time: aborts the process, with the stacks of all its threads and the
// picture, if there is one; on a fiber fails the run, with what each thread waits for.
class Watchdog {
 public:
  Watchdog(std::string what, Duration limit, std::function<std::string()> picture = {});
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  Gate done_{"stop.watchdog"};
  Thread thread_;
};

}  // namespace rookery::stopping
