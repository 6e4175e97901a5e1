// partition_counts.h
//
// How many partitions topics have, for those who choose a partition themselves: asked for in the
// background, kept for five seconds (the age at which producers ask again, too).
//
//   if (const auto count = counts.find(topic, [task] { task->schedule(); })) ...
//
// Thread rules: any thread; answers are told on a thread of its own, with no lock held.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/transport/transport.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rookery {

class PartitionCounts {
 public:
  // on_bad_alloc: there was no memory to ask or to answer; on its thread. Errors: those of making
  // an admin client.
  static Result<std::unique_ptr<PartitionCounts>> make(Transport& transport, ConfigMap config,
                                                       std::function<void()> on_bad_alloc);
  // Waits for a question under way, at most its deadline of 5 s.
  ~PartitionCounts();

  // The count, or why the last question failed (for 100 ms; then it is asked again). none: being
  // asked; `tell` is called once, when there is an answer.
  std::optional<Result<std::int32_t>> find(const std::string& topic, std::function<void()> tell);

 private:
  struct Entry {
    std::optional<Result<std::int32_t>> answer;
    TimePoint fresh_until{};
    bool is_wanted = false;
    std::vector<std::function<void()>> waiting;
  };

  PartitionCounts(std::unique_ptr<AdminClient> admin, std::function<void()> on_bad_alloc);
  void run();
  bool answer_next();  // false: it is over
  Result<std::int32_t> ask(const std::string& topic);

  const std::unique_ptr<AdminClient> admin_;
  const std::function<void()> on_bad_alloc_;
  Mutex mutex_{"partition_counts", ranks::kLeaf};  // guards what follows
  ConditionVariable changed_{"partition_counts.changed"};
  std::map<std::string, Entry> entries_;  // as many as there are dead letter topics
  bool is_stopping_ = false;
  Thread thread_;
};

}  // namespace rookery
