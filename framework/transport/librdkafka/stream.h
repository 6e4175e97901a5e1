// stream.h
//
// One assigned partition: librdkafka's own queue of it, with forwarding switched off.
//
// Thread rules: take on one thread at a time; the rest is the control thread's. A take beside a
// revocation, a seek or a close is safe: it answers what it still may, or kRevoked.
#pragma once

#include <rookery/runtime/mutex.h>
#include <rookery/transport/librdkafka/batch.h>
#include <rookery/transport/partition_stream.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rookery::librdkafka {

class Stream final : public PartitionStream {
 public:
  // To be made before the partition is assigned to librdkafka. `start`: the first offset, or -1
  // when not known.
  Stream(std::shared_ptr<ConsumerCore> core, TopicPartition partition, AssignmentId assignment,
         Offset start);
  ~Stream() override;

  const TopicPartition& topic_partition() const override { return handle_->topic_partition; }
  AssignmentId assignment() const override { return assignment_; }
  Taken take(std::size_t max_records, std::size_t max_bytes) override;
  void set_ready(std::function<void()> handler) override;
  void clear_ready() override;
  Offset log_end() const override;

  Offset next_offset() const;
  // Forgets what was prefetched; `offset` is -1 when it is one of the special ones.
  void moved_to(Offset offset);
  // A rebalance pauses and resumes each partition that is kept. librdkafka then fetches from the
  // position it noted at that moment, which a batch taken meanwhile has passed: those records are
  // dropped once.
  void may_repeat();
  // From here on every take answers `error`.
  void end(Error error);

 private:
  struct Progress;

  void drop_stash();
  void stop_ready();
  bool add(rd_kafka_message_t* message, Progress& progress);
  void fill(Progress& progress, std::size_t max_records, std::size_t max_bytes);

  const std::shared_ptr<StreamHandle> handle_;
  const AssignmentId assignment_;

  mutable Mutex mutex_{"librdkafka.stream", ranks::kStream};
  std::shared_ptr<ConsumerCore> core_;
  QueueHandle queue_;  // null once ended
  Error ended_;
  Offset next_offset_;
  Offset last_call_ = -1;                   // first record of the last batch call that had any
  Offset repeat_from_ = -1;                 // records from here to next_offset_ may come again
  std::size_t average_size_ = 1024;         // of a record, for guessing how many fit into max_bytes
  std::vector<rd_kafka_message_t*> stash_;  // taken from the queue, not yet by the caller
  std::size_t stash_next_ = 0;

  std::function<void()> ready_;  // called under the queue's lock by librdkafka
};

}  // namespace rookery::librdkafka
