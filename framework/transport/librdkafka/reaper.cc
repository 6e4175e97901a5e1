// reaper.cc
//
// A round over all jobs, again and again, until none is left.
#include <rookery/transport/librdkafka/reaper.h>

#include <rookery/runtime/time.h>

#include <iterator>
#include <utility>

namespace rookery::librdkafka {
namespace {

// What lives as long as the process, within sight of leak checkers.
void keep_for_ever(std::shared_ptr<void> what) {
  struct Kept {
    Mutex mutex{"librdkafka.kept", ranks::kLeaf};
    std::vector<std::shared_ptr<void>> all;
  };
  static Kept& kept = *new Kept;
  MutexLock lock(kept.mutex);
  kept.all.push_back(std::move(what));
}

}  // namespace

bool Latch::is_open() const {
  MutexLock lock(mutex_);
  return is_open_;
}

void Latch::open() {
  MutexLock lock(mutex_);
  is_open_ = true;
  opened_.notify_all();
}

bool Latch::wait_until(TimePoint deadline) {
  MutexLock lock(mutex_);
  return opened_.wait_until(lock, deadline, [this] { return is_open_; });
}

void Reaper::adopt(Job job) {
  {
    MutexLock lock(mutex_);
    if (!is_stopped_) {
      jobs_.push_back(std::move(job));
      if (!thread_.joinable()) thread_ = Thread("rdk-reaper", [this] { run(); });
      changed_.notify_all();
      return;
    }
  }
  job(/*is_stopping=*/true);
}

void Reaper::run_apart(std::function<void()> call) {
  {
    MutexLock lock(mutex_);
    if (!is_over_) {
      std::erase_if(apart_, [](const std::unique_ptr<Apart>& one) {
        if (!one->has_returned->load()) return false;
        one->thread.join();
        return true;
      });
      auto apart = std::make_unique<Apart>();
      apart->has_returned = std::make_shared<Atomic<bool>>(false);
      apart->thread =
          Thread("rdk-destroy", [call = std::move(call), returned = apart->has_returned]() mutable {
            call();
            call = nullptr;
            returned->store(true);
          });
      apart_.push_back(std::move(apart));
      return;
    }
  }
  call();
}

void Reaper::stop() {
  Thread thread;
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    changed_.notify_all();
    thread = std::move(thread_);
  }
  // The last steps of its jobs may still give calls away.
  if (thread.joinable()) thread.join();
  std::vector<std::unique_ptr<Apart>> apart;
  {
    MutexLock lock(mutex_);
    is_over_ = true;
    apart = std::move(apart_);
    apart_.clear();
  }
  const TimePoint deadline = deadline_in(patience_);
  for (std::unique_ptr<Apart>& one : apart) {
    if (one->thread.join_until(deadline)) continue;
    // A thread that runs cannot be destroyed.
    keep_for_ever(std::move(one));
    MutexLock lock(mutex_);
    ++left_behind_;
  }
}

std::size_t Reaper::left_behind() const {
  MutexLock lock(mutex_);
  return left_behind_;
}

void Reaper::run() {
  std::vector<Job> jobs;
  for (;;) {
    bool is_stopping = false;
    {
      MutexLock lock(mutex_);
      if (jobs.empty()) {
        changed_.wait_until(lock, kNever, [this] { return is_stopped_ || !jobs_.empty(); });
      }
      std::move(jobs_.begin(), jobs_.end(), std::back_inserter(jobs));
      jobs_.clear();
      is_stopping = is_stopped_;
      if (is_stopping && jobs.empty()) return;
    }
    std::erase_if(jobs, [is_stopping](Job& job) { return job(is_stopping); });
  }
}

}  // namespace rookery::librdkafka
