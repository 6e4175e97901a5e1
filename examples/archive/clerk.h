// clerk.h
//
// A thread with a calendar: does each piece of work when its time has come. It stands for whatever
// finishes a program's work later: a client library, an event loop.
//
// Thread rules: add() from any thread. The thread begins with the first piece of work; what is not
// done at the clerk's end is dropped.

#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time_types.h>

#include <functional>
#include <map>

namespace archive {

class Clerk {
 public:
  Clerk() = default;
  ~Clerk();
  Clerk(const Clerk&) = delete;
  Clerk& operator=(const Clerk&) = delete;

  // The work must not throw.
  void add(rookery::TimePoint due, std::function<void()> work);

 private:
  void run();

  rookery::Mutex mutex_{"clerk", rookery::ranks::kApp};  // guards what follows
  rookery::ConditionVariable changed_{"clerk.changed"};
  std::multimap<rookery::TimePoint, std::function<void()>> calendar_;
  bool is_stopped_ = false;
  rookery::Thread thread_;
};

}  // namespace archive
