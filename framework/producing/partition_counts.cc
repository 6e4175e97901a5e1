// partition_counts.cc
//
// One question at a time; whoever asks meanwhile waits for the same answer.
#include <rookery/producing/partition_counts.h>

#include <rookery/runtime/time.h>

#include <chrono>
#include <new>
#include <utility>

namespace rookery {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFresh = 5s;
constexpr Duration kFailureFresh = 100ms;
constexpr Duration kAskMost = 5s;

}  // namespace

Result<std::unique_ptr<PartitionCounts>> PartitionCounts::make(Transport& transport,
                                                               ConfigMap config,
                                                               std::function<void()> on_bad_alloc) {
  auto admin = transport.make_admin(std::move(config));
  if (!admin) return fail(admin.error());
  return std::unique_ptr<PartitionCounts>(
      new PartitionCounts(std::move(*admin), std::move(on_bad_alloc)));
}

PartitionCounts::PartitionCounts(std::unique_ptr<AdminClient> admin,
                                 std::function<void()> on_bad_alloc)
    : admin_(std::move(admin)), on_bad_alloc_(std::move(on_bad_alloc)) {
  thread_ = Thread("partition-counts", [this] { run(); });
}

PartitionCounts::~PartitionCounts() {
  {
    MutexLock lock(mutex_);
    is_stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

std::optional<Result<std::int32_t>> PartitionCounts::find(const std::string& topic,
                                                          std::function<void()> tell) {
  MutexLock lock(mutex_);
  Entry& entry = entries_[topic];
  if (entry.answer && now() < entry.fresh_until) return entry.answer;
  entry.answer.reset();
  entry.waiting.push_back(std::move(tell));
  entry.is_wanted = true;
  changed_.notify_all();
  return std::nullopt;
}

void PartitionCounts::run() {
  for (bool is_going_on = true; is_going_on;) {
    try {
      is_going_on = answer_next();
    } catch (const std::bad_alloc&) {
      on_bad_alloc_();
    }
  }
}

bool PartitionCounts::answer_next() {
  std::string topic;
  {
    MutexLock lock(mutex_);
    changed_.wait_until(lock, kNever, [&] {
      for (const auto& [name, entry] : entries_) {
        if (entry.is_wanted) topic = name;
      }
      return is_stopping_ || !topic.empty();
    });
    if (is_stopping_) return false;
    entries_[topic].is_wanted = false;
  }
  Result<std::int32_t> answer = ask(topic);
  std::vector<std::function<void()>> waiting;
  {
    MutexLock lock(mutex_);
    Entry& entry = entries_[topic];
    entry.fresh_until = deadline_in(answer ? kFresh : kFailureFresh);
    entry.answer = std::move(answer);
    entry.is_wanted = false;
    waiting.swap(entry.waiting);
  }
  for (const std::function<void()>& tell : waiting) tell();
  return true;
}

Result<std::int32_t> PartitionCounts::ask(const std::string& topic) {
  const auto described = admin_->describe({topic}, deadline_in(kAskMost));
  if (!described) return fail(described.error());
  for (const TopicDescription& found : described->topics) {
    if (found.name == topic && !found.partitions.empty()) {
      return static_cast<std::int32_t>(found.partitions.size());
    }
  }
  return fail(ErrorCode::kUnknownTopicOrPartition, topic + ": the topic has no partitions");
}

}  // namespace rookery
