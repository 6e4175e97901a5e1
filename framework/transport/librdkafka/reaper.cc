// reaper.cc
//
// A round over all jobs, again and again, until none is left.
#include <rookery/transport/librdkafka/reaper.h>

#include <iterator>
#include <utility>

namespace rookery::librdkafka {

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

void Reaper::stop() {
  Thread thread;
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    changed_.notify_all();
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
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
