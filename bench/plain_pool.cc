// plain_pool.cc
//
// Whatever was read is kept until the end: queues hold pointers.
#include "bench/plain_pool.h"

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench/plain_group.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 120s;
constexpr std::size_t kBatchRecords = 500;  // as a server's default
constexpr std::size_t kBatchBytes = std::size_t{8} << 20;

class Queue {
 public:
  Queue(const std::function<void(const Record&)>& work, int number)
      : work_(work), thread_("plain-" + std::to_string(number), [this] { run(); }) {}

  void add(const Record& record) {
    MutexLock lock(mutex_);
    records_.push_back(&record);
    changed_.notify_one();
  }
  // When it returns all is done.
  void finish() {
    {
      MutexLock lock(mutex_);
      is_finished_ = true;
      changed_.notify_one();
    }
    thread_.join();
  }

 private:
  void run() {
    for (;;) {
      const Record* record = nullptr;
      {
        MutexLock lock(mutex_);
        changed_.wait_until(lock, kNever, [this] { return is_finished_ || !records_.empty(); });
        if (records_.empty()) return;
        record = records_.front();
        records_.pop_front();
      }
      work_(*record);
    }
  }

  const std::function<void(const Record&)>& work_;
  Mutex mutex_{"bench.plain_queue", ranks::kLeaf};
  ConditionVariable changed_{"bench.plain_queue.changed"};
  std::deque<const Record*> records_;
  bool is_finished_ = false;
  Thread thread_;
};

}  // namespace

Status run_plain_pool(KeyedKafka& kafka, int threads,
                      const std::function<void(const Record&)>& work) {
  const TimePoint deadline = deadline_in(kPatience);
  Result<PlainGroup> group = PlainGroup::join(kafka.transport(), KeyedKafka::topic(), deadline);
  if (!group) return fail(group.error());
  std::deque<RecordBatch> read;
  std::vector<std::unique_ptr<Queue>> queues;
  for (int i = 0; i < threads; ++i) queues.push_back(std::make_unique<Queue>(work, i));
  std::uint64_t left = kafka.records();
  while (left > 0 && now() < deadline) {
    bool is_idle = true;
    for (const std::shared_ptr<PartitionStream>& stream : group->streams()) {
      Taken taken = stream->take(kBatchRecords, kBatchBytes);
      if (taken.batch.empty()) continue;
      is_idle = false;
      left -= taken.batch.size();
      const auto partition = static_cast<std::uint64_t>(stream->topic_partition().partition);
      for (const Record& record : read.emplace_back(std::move(taken.batch)).records()) {
        queues[scattered(key_of(record) * 31 + partition) % queues.size()]->add(record);
      }
    }
    if (is_idle) group->poll(deadline_in(50us));
  }
  for (const auto& queue : queues) queue->finish();
  read.clear();
  if (Status closed = group->close(deadline_in(kPatience)); !closed) return closed;
  if (left > 0) return fail(ErrorCode::kTimedOut, "not all records came");
  return {};
}

}  // namespace rookery::bench
