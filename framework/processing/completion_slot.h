// completion_slot.h
//
// Where a lane and whoever finishes its record meet: one record of a lane is under way at a time.
// Lives as long as the last Completion that it gave out; touches the partition only while a record
// is under way, which keeps it.
//
// Thread rules: L: inside a step of the lane's task; any: any thread.
#pragma once

#include <rookery/processing/completion.h>
#include <rookery/processing/lane_desk.h>
#include <rookery/processing/output_producer.h>
#include <rookery/processing/partition_environment.h>
#include <rookery/runtime/mutex.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>

namespace rookery {

class Partition;

class CompletionSlot final : public Completion::Target,
                             public Leftover,
                             public std::enable_shared_from_this<CompletionSlot> {
 public:
  CompletionSlot(Partition& partition, LaneDesk& desk);

  // L: the record is under way until its outcome was taken; it outlives that. trace_id, origin: of
  // its outputs.
  Completion open(const Record& record, std::string trace_id,
                  std::shared_ptr<const OutputOrigin> origin);
  // L: none until it is finished.
  struct Outcome {
    std::exception_ptr failure;  // null: done
  };
  std::optional<Outcome> take_outcome();
  // L: consume has thrown: what becomes of its Completion no longer counts.
  void cancel();
  // L: sends for the record under way, also when it is finished and consume still runs.
  void send_in_consume(const OutgoingRecord& record);
  // L: the record's outputs under way; the caller's to hold from now on. Null: there are none.
  PendingRecord* take_pending();

  // any
  bool finish(const Completion::Ticket& ticket, std::exception_ptr failure) override;
  void drop(const Completion::Ticket& ticket) override;
  void send(const Completion::Ticket& ticket, const OutgoingRecord& record) override;
  bool is_revoked(const Completion::Ticket& ticket) const override;

  // After the last worker's end: outputs of a record that was finished, and its lane never knew.
  void let_go() override;

 private:
  enum class State { kIdle, kUnderWay, kFinished };

  // False: finished before.
  std::optional<bool> finish_once(const Completion::Ticket& ticket, std::exception_ptr failure);
  void tell_twice(const Completion::Ticket& ticket);
  PendingRecord& held_pending();
  Status still_ours() const;
  void send_as(PendingRecord& pending, const OutgoingRecord& record);

  Partition& partition_;
  LaneDesk& desk_;
  const std::shared_ptr<PartitionEnvironment> environment_;
  const TopicPartition topic_partition_;

  mutable Mutex mutex_{"completion", ranks::kCompletion};  // guards what follows
  State state_ = State::kIdle;
  std::uint64_t number_ = 0;
  const Record* record_ = nullptr;
  std::string trace_id_;
  std::shared_ptr<const OutputOrigin> origin_;
  std::exception_ptr failure_;
  PendingRecord* pending_ = nullptr;
  std::shared_ptr<Task> partition_kept_;  // while under way
};

}  // namespace rookery
