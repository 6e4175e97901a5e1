// mutex.cc
//
// Lock rules on OS threads in debug builds: each thread's list of held locks, and the end of a
// process that breaks them.

#include <rookery/runtime/mutex.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <rookery/runtime/held_locks.h>

namespace rookery::detail {
namespace {

thread_local HeldLocks held_by_this_thread;

void abort_if(const std::string& problem) {
  if (problem.empty()) [[likely]]
    return;
  std::fprintf(stderr, "rookery: %s\n", problem.c_str());
  std::abort();
}

}  // namespace

void os_before_lock(const MutexState& mutex) { abort_if(held_by_this_thread.check_lock(mutex)); }

void os_before_try_lock(const MutexState& mutex) {
  abort_if(held_by_this_thread.check_try_lock(mutex));
}

void os_after_lock(const MutexState& mutex) { held_by_this_thread.add(mutex); }

void os_before_unlock(const MutexState& mutex) {
  if (held_by_this_thread.remove(mutex)) [[likely]]
    return;
  abort_if("mutex \"" + std::string(mutex.name) +
           "\" is unlocked by a thread that does not hold it");
}

void os_before_wait(const MutexState& mutex, const char* condition) {
  abort_if(held_by_this_thread.check_wait(mutex, condition));
}

void os_assert_no_locks_held(const char* what) { abort_if(held_by_this_thread.check_none(what)); }

}  // namespace rookery::detail
