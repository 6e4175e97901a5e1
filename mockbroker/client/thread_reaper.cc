// thread_reaper.cc
//
// Ended threads are joined when the next one comes, the rest at the end.
#include "mockbroker/client/thread_reaper.h"

#include <rookery/runtime/time.h>

#include <utility>

namespace rookery::mock {

ThreadReaper::~ThreadReaper() {
  std::vector<Thread> threads;
  {
    MutexLock lock(mutex_);
    threads.swap(threads_);
  }
  for (Thread& thread : threads) thread.join();
}

void ThreadReaper::adopt(Thread thread) {
  std::vector<Thread> threads;
  {
    MutexLock lock(mutex_);
    threads.swap(threads_);
  }
  std::erase_if(threads, [](Thread& ended) { return ended.join_until(TimePoint{}); });
  threads.push_back(std::move(thread));
  MutexLock lock(mutex_);
  for (Thread& kept : threads) threads_.push_back(std::move(kept));
}

}  // namespace rookery::mock
