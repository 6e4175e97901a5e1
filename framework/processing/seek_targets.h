// seek_targets.h
//
// Finds the offset that a seek goes to, before anything is moved: by the log's bounds, and by the
// records' timestamps.
//
// Thread rules: any thread; calls may run at once, and wait for brokers.
#pragma once

#include <rookery/processing/offsets.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/transport/transport.h>

#include <atomic>
#include <memory>

namespace rookery {

class SeekTargets {
 public:
  // The admin client is made at the first question. The transport outlives it.
  SeekTargets(Transport& transport, ConfigMap config)
      : transport_(transport), config_(std::move(config)) {}

  // kOffsetOutOfRange, naming the bounds, for an offset that the log does not have; its end is one.
  Result<Offset> find(const TopicPartition& partition, const SeekTo& to, TimePoint deadline);
  // Ends questions under way, as far as the client can, and answers no more.
  void close();

 private:
  Result<std::shared_ptr<AdminClient>> admin();

  Transport& transport_;
  const ConfigMap config_;
  std::atomic<bool> is_asked_{false};  // ever
  std::atomic<bool> is_closed_{false};
  Mutex mutex_{"seek_targets", ranks::kLeaf};  // guards what follows
  std::shared_ptr<AdminClient> admin_;
};

}  // namespace rookery
