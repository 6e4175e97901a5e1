// log_starts.h
//
// Where partitions' logs begin, for records that fail again and again: once retention has passed
// such a record it is in nobody's log any more. Asked for in the background, only for partitions
// that somebody asks about, at most once in kFresh for each.
//
// Thread rules: any thread; errors and on_bad_alloc are told on a thread of its own, with no lock
// held.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/transport/transport.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace rookery {

class LogStarts {
 public:
  static constexpr Duration kFresh = std::chrono::seconds(5);
  static constexpr std::size_t kEntriesMost = 10'000;  // the oldest answer goes first

  // The admin client is made at the first question. on_error: a question had no answer; it is asked
  // again. on_bad_alloc: there was no memory to ask.
  LogStarts(Transport& transport, ConfigMap config, std::function<void(const Error&)> on_error,
            std::function<void()> on_bad_alloc);
  // Waits for a question under way, at most its deadline of 5 s.
  ~LogStarts();

  // What the last answer was, however old; none: there was none yet. Asks when it is not fresh.
  std::optional<Offset> find(const TopicPartition& partition);

 private:
  struct Entry {
    std::optional<Offset> answer;
    TimePoint fresh_until{};
  };

  void run();
  bool answer_next();  // false: it is over
  Result<Offset> ask(const TopicPartition& partition);

  Transport& transport_;
  const ConfigMap config_;
  const std::function<void(const Error&)> on_error_;
  const std::function<void()> on_bad_alloc_;
  std::unique_ptr<AdminClient> admin_;       // the thread's
  Mutex mutex_{"log_starts", ranks::kLeaf};  // guards what follows
  ConditionVariable changed_{"log_starts.changed"};
  std::map<TopicPartition, Entry> entries_;
  std::optional<TopicPartition> wanted_;  // one at a time: others ask again
  bool is_started_ = false;
  bool is_stopping_ = false;
  Thread thread_;  // made by who asks first
};

}  // namespace rookery
