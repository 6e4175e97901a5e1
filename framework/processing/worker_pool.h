// worker_pool.h
//
// N threads over a queue of tasks that are ready, and a timer for those that become ready later. A
// task waiting for its time is not on the queue and costs nothing.
//
// First come, first served; but the first lets those of its kin go before it that have more left to
// do, a few times. Where they are more than workers and all would have equal turns, the one with
// the longest work would be left over, and all workers but one idle.
//
// Thread rules: any thread. submit only enqueues, so a stream's ready handler may call it.
#pragma once

#include <rookery/runtime/atomic.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rookery {

class WorkerPool;

// Something with steps to run: at most one worker is inside step() at a time, however often it is
// scheduled.
class Task : public std::enable_shared_from_this<Task> {
 public:
  virtual ~Task() = default;

  // Makes sure that a step begins after this call. Any thread; only enqueues.
  void schedule();

  // From now on none of its kin goes before it: somebody waits for its end. Any thread.
  void set_urgent() { is_urgent_.store(true, std::memory_order_relaxed); }

  // For schedule_at: where the pool finds it. Set once before the first schedule().
  void attach_to(WorkerPool& pool) { pool_ = &pool; }
  // Like schedule(), no earlier than `when`; an earlier time replaces a later one, a later one is
  // ignored.
  void schedule_at(TimePoint when);

 protected:
  virtual void step() = 0;
  // In a step: how much this task has left to do, to be compared with that of its kin (a number
  // that they share, not 0). Of those that wait for a worker the pool prefers the one that has
  // most.
  void set_backlog(std::size_t kin, std::size_t amount) {
    kin_ = kin;
    backlog_ = amount;
  }
  // What the pool keeps while a step is due. For a task that is a part of something else: an owner
  // of that.
  virtual std::shared_ptr<Task> self() { return shared_from_this(); }

 private:
  friend class WorkerPool;
  enum State : int { kIdle, kQueued, kRunning, kRunningAgain };

  void run();

  WorkerPool* pool_ = nullptr;
  Atomic<int> state_{kIdle};
  TimePoint timer_ = kNever;  // guarded by the pool
  // Written in steps, read while it is queued, which are never at once.
  std::size_t kin_ = 0;  // 0: it has none
  std::size_t backlog_ = 0;
  unsigned passed_by_ = 0;  // guarded by the pool
  std::atomic<bool> is_urgent_{false};
};

class WorkerPool {
 public:
  // on_bad_alloc: a task left with std::bad_alloc, and will not run again; on the worker, no lock
  // held. Without it the process ends there.
  WorkerPool(std::string name, unsigned threads, std::function<void()> on_bad_alloc = {});
  // Ends the threads once they are idle, waiting for running steps; queued tasks are dropped.
  ~WorkerPool();

  void stop();  // returns at once; no step begins after it (running ones end by themselves)
  unsigned threads() const { return thread_count_; }
  // A task waits for a worker. A hint, for who could let others have a turn.
  bool has_waiting() const { return waiting_.load(std::memory_order_relaxed) > 0; }
  // Whether all threads ended by the deadline.
  bool join_until(TimePoint deadline);

 private:
  friend class Task;
  void enqueue(std::shared_ptr<Task> task);
  void enqueue_at(TimePoint when, std::shared_ptr<Task> task);
  void run_worker();
  void work();
  void fire_timers(MutexLock& lock);
  std::shared_ptr<Task> take_ready();
  static bool may_be_passed_by(const Task& task);
  bool is_timer_unwatched() const;  // no waiting worker will wake for the next timer

  const std::function<void()> on_bad_alloc_;
  const unsigned thread_count_;
  Mutex mutex_;
  ConditionVariable changed_{"worker_pool.changed"};
  std::deque<std::shared_ptr<Task>> ready_;
  std::atomic<std::size_t> waiting_{0};  // as many; written under the lock
  std::multimap<TimePoint, std::shared_ptr<Task>> timers_;
  TimePoint watched_until_ = kNever;  // when the waiting worker that watches the timers will wake
  bool is_stopped_ = false;
  std::vector<Thread> threads_;
};

}  // namespace rookery
