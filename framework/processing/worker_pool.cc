// worker_pool.cc
//
// One lock, one condition. One of the waiting workers waits for the next timer too, so no thread is
// needed for timers alone; when it goes to work, another takes the watch over.
#include <rookery/processing/worker_pool.h>
#include <rookery/runtime/ranks.h>

#include <algorithm>
#include <new>
#include <utility>

namespace rookery {
namespace {

// How many of those that wait are looked at, and how often one is passed by: what it waits for is
// bounded, and so is what the choice costs.
constexpr std::size_t kLookedAtMost = 16;
constexpr unsigned kPassedByMost = 8;

}  // namespace

void Task::schedule() {
  int state = state_.load(std::memory_order_acquire);
  for (;;) {
    if (state == kQueued || state == kRunningAgain) return;
    const int wanted = state == kIdle ? kQueued : kRunningAgain;
    if (state_.compare_exchange_strong(state, wanted, std::memory_order_acq_rel,
                                       std::memory_order_acquire)) {
      if (wanted == kQueued) pool_->enqueue(self());
      return;
    }
  }
}

void Task::schedule_at(TimePoint when) { pool_->enqueue_at(when, self()); }

void Task::run() {
  state_.store(kRunning, std::memory_order_release);
  step();
  int state = kRunning;
  if (state_.compare_exchange_strong(state, kIdle, std::memory_order_acq_rel,
                                     std::memory_order_acquire))
    return;
  state_.store(kQueued, std::memory_order_release);  // scheduled while it ran
  pool_->enqueue(self());
}

WorkerPool::WorkerPool(std::string name, unsigned threads, std::function<void()> on_bad_alloc)
    : on_bad_alloc_(std::move(on_bad_alloc)),
      thread_count_(threads),
      mutex_("worker_pool", ranks::kWorkerPool) {
  threads_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back(name + "-" + std::to_string(i), [this] { run_worker(); });
  }
}

WorkerPool::~WorkerPool() {
  stop();
  join_until(kNever);
}

void WorkerPool::stop() {
  std::deque<std::shared_ptr<Task>> ready;
  std::multimap<TimePoint, std::shared_ptr<Task>> timers;
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    ready.swap(ready_);  // destroyed outside the lock: tasks own much
    waiting_.store(0, std::memory_order_relaxed);
    timers.swap(timers_);
    changed_.notify_all();
  }
}

bool WorkerPool::join_until(TimePoint deadline) {
  while (!threads_.empty()) {
    if (!threads_.back().join_until(deadline)) return false;
    threads_.pop_back();
  }
  return true;
}

void WorkerPool::enqueue(std::shared_ptr<Task> task) {
  MutexLock lock(mutex_);
  if (is_stopped_) return;
  ready_.push_back(std::move(task));
  waiting_.store(ready_.size(), std::memory_order_relaxed);
  changed_.notify_one();
}

void WorkerPool::enqueue_at(TimePoint when, std::shared_ptr<Task> task) {
  MutexLock lock(mutex_);
  if (is_stopped_ || task->timer_ <= when) return;
  if (task->timer_ != kNever) {
    const auto [first, last] = timers_.equal_range(task->timer_);
    for (auto it = first; it != last; ++it) {
      if (it->second == task) {
        timers_.erase(it);
        break;
      }
    }
  }
  task->timer_ = when;
  timers_.emplace(when, std::move(task));
  if (is_timer_unwatched()) changed_.notify_one();
}

bool WorkerPool::is_timer_unwatched() const {
  return !timers_.empty() && timers_.begin()->first < watched_until_;
}

void WorkerPool::fire_timers(MutexLock& lock) {
  const TimePoint time = now();
  std::vector<std::shared_ptr<Task>> due;
  while (!timers_.empty() && timers_.begin()->first <= time) {
    due.push_back(std::move(timers_.begin()->second));
    timers_.erase(timers_.begin());
    due.back()->timer_ = kNever;
  }
  if (due.empty()) return;
  lock.unlock();
  for (const std::shared_ptr<Task>& task : due) task->schedule();
  due.clear();
  lock.lock();
}

std::shared_ptr<Task> WorkerPool::take_ready() {
  const bool has_kin = ready_.front()->kin_ != 0;
  const std::size_t end = has_kin ? std::min(ready_.size(), kLookedAtMost) : 0;
  std::size_t best = 0;
  for (std::size_t i = 0; i < end && may_be_passed_by(*ready_[i]); ++i) {
    const Task& task = *ready_[i];
    if (task.kin_ == ready_.front()->kin_ && task.backlog_ > ready_[best]->backlog_) best = i;
  }
  for (std::size_t i = 0; i < best; ++i) ++ready_[i]->passed_by_;
  std::shared_ptr<Task> task = std::move(ready_[best]);
  ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(best));
  task->passed_by_ = 0;
  return task;
}

bool WorkerPool::may_be_passed_by(const Task& task) {
  return task.passed_by_ < kPassedByMost && !task.is_urgent_.load(std::memory_order_relaxed);
}

void WorkerPool::run_worker() {
  for (;;) {
    try {
      return work();
    } catch (const std::bad_alloc&) {
      if (!on_bad_alloc_) throw;
    }
    on_bad_alloc_();
  }
}

void WorkerPool::work() {
  MutexLock lock(mutex_);
  while (!is_stopped_) {
    if (!timers_.empty()) fire_timers(lock);
    if (is_stopped_) return;
    if (ready_.empty()) {
      const TimePoint watched = is_timer_unwatched() ? timers_.begin()->first : kNever;
      watched_until_ = std::min(watched_until_, watched);
      changed_.wait_until(
          lock, watched, [this] { return is_stopped_ || !ready_.empty() || is_timer_unwatched(); });
      if (watched_until_ == watched) watched_until_ = kNever;
      continue;
    }
    std::shared_ptr<Task> task = take_ready();
    waiting_.store(ready_.size(), std::memory_order_relaxed);
    // What else is to be done, and the watch over the timers, go to one who waits.
    if (!ready_.empty() || is_timer_unwatched()) changed_.notify_one();
    lock.unlock();
    task->run();
    task.reset();
    lock.lock();
  }
}

}  // namespace rookery
