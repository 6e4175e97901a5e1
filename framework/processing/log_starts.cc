// log_starts.cc
//
// One question at a time, about one partition: who finds it busy asks again with its next retry.
#include <rookery/processing/log_starts.h>

#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <new>
#include <utility>

namespace rookery {
namespace {

constexpr Duration kAskMost = std::chrono::seconds(5);

}  // namespace

LogStarts::LogStarts(Transport& transport, ConfigMap config,
                     std::function<void(const Error&)> on_error, std::function<void()> on_bad_alloc)
    : transport_(transport),
      config_(std::move(config)),
      on_error_(std::move(on_error)),
      on_bad_alloc_(std::move(on_bad_alloc)) {}

LogStarts::~LogStarts() {
  if (!thread_.joinable()) return;  // nobody has asked
  {
    MutexLock lock(mutex_);
    is_stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

std::optional<Offset> LogStarts::find(const TopicPartition& partition) {
  std::optional<Offset> answer;
  bool is_first = false;
  {
    MutexLock lock(mutex_);
    const auto found = entries_.find(partition);
    if (found != entries_.end()) {
      answer = found->second.answer;
      if (now() < found->second.fresh_until) return answer;
    }
    if (wanted_) return answer;
    wanted_ = partition;
    is_first = !std::exchange(is_started_, true);
    changed_.notify_all();
  }
  if (is_first) thread_ = Thread("log-starts", [this] { run(); });
  return answer;
}

void LogStarts::run() {
  for (bool is_going_on = true; is_going_on;) {
    try {
      is_going_on = answer_next();
    } catch (const std::bad_alloc&) {
      on_bad_alloc_();
    }
  }
}

bool LogStarts::answer_next() {
  TopicPartition partition;
  {
    MutexLock lock(mutex_);
    changed_.wait_until(lock, kNever, [&] { return is_stopping_ || wanted_; });
    if (is_stopping_) return false;
    partition = *wanted_;
  }
  const Result<Offset> answer = ask(partition);
  {
    MutexLock lock(mutex_);
    if (!entries_.contains(partition) && entries_.size() == kEntriesMost) {
      entries_.erase(
          std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
            return a.second.fresh_until < b.second.fresh_until;
          }));
    }
    Entry& entry = entries_[partition];
    if (answer) entry.answer = *answer;
    entry.fresh_until = deadline_in(kFresh);
    wanted_.reset();
  }
  if (!answer) on_error_(answer.error());
  return true;
}

Result<Offset> LogStarts::ask(const TopicPartition& partition) {
  if (!admin_) {
    auto admin = transport_.make_admin(config_);
    if (!admin) return fail(admin.error());
    admin_ = std::move(*admin);
  }
  const auto watermarks = admin_->watermarks({partition}, deadline_in(kAskMost));
  if (!watermarks) return fail(watermarks.error());
  return watermarks->at(0).low;
}

}  // namespace rookery
