// watchdog.cc
//
// On threads all it knows goes to standard error, and the process ends.
#include "simulations/stop/watchdog.h"

#include <rookery/base/duration.h>
#include <rookery/cli/stack_dump.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "simulations/scheduler/scheduler.h"

namespace rookery::stopping {
namespace {

using namespace std::chrono_literals;

// Before any thread is made.
[[maybe_unused]] const bool kCanDumpStacks = [] {
  install_stack_dump();
  return true;
}();

}  // namespace

void Gate::open() {
  MutexLock lock(mutex_);
  is_open_ = true;
  opened_.notify_all();
}

bool Gate::is_open() const {
  MutexLock lock(mutex_);
  return is_open_;
}

bool Gate::wait_until(TimePoint deadline) {
  MutexLock lock(mutex_);
  return opened_.wait_until(lock, deadline, [this] { return is_open_; });
}

Watchdog::Watchdog(std::string what, Duration limit, std::function<std::string()> picture)
    : thread_("watchdog", [this, what = std::move(what), limit, picture = std::move(picture)] {
        if (done_.wait_until(deadline_in(limit))) return;
        const std::string told = what + " does not end within " + format_duration(limit);
        if (sim::Scheduler* scheduler = sim::Scheduler::current()) {
          scheduler->fail("everything ends", told + "\n" + scheduler->describe_all_waits());
        }
        std::fprintf(stderr, "%s; all stacks:\n", told.c_str());
        dump_all_stacks();
        // Last, and not for ever: it may need a lock that is never given back.
        Thread painter("painter", [&picture] {
          if (picture) std::fputs(picture().c_str(), stderr);
        });
        if (!painter.join_until(deadline_in(5s)))
          std::fputs("no picture: its locks are held\n", stderr);
        std::abort();
      }) {}

Watchdog::~Watchdog() {
  done_.open();
  thread_.join();
}

}  // namespace rookery::stopping
