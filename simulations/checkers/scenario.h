// scenario.h
//
// Synthetic histories for the tests of checkers, written as they would be told.
//
//   Scenario s;                       // group "billing", partition "orders.v1-0", servers a, b
//   s.appended(0, 3).generation(1, {{s.a, {0}}, {s.b, {}}});
//   const auto one = s.consumer(s.a);
//   s.works(one, 0).commits(s.a, 1);
//   EXPECT_EQ(s.broken(), "");
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "simulations/checkers/judge.h"

namespace rookery::sim {

class Scenario {
 public:
  struct Consumer {
    ConsumerId id;
    ProcessIndex process;
    PartitionIndex partition;
    OwnershipId ownership;
  };

  Scenario() {
    partitions.push_back(history.partition({"orders.v1", 0}));
    partitions.push_back(history.partition({"orders.v1", 1}));
    output = history.partition({"invoices.v1", 0});
    group = history.group("billing");
    a = history.add_process("server-a");
    b = history.add_process("server-b");
    history.add(at({.kind = EventKind::kProcessStarted, .process = a}));
    history.add(at({.kind = EventKind::kProcessStarted, .process = b}));
  }

  Event at(Event event) {
    clock += std::chrono::milliseconds(1);
    event.at = clock;
    return event;
  }
  // Partition 0 is consumed in that order, and of so many keys one belongs to each record in turn.
  Scenario& ordered(const RunOrder& order, std::uint64_t keys) {
    judge.set_order(group, partitions[0], order);
    keys_ = keys;
    return *this;
  }
  std::uint64_t key(Offset offset) const {
    return keys_ == 0 ? 0 : 1 + static_cast<std::uint64_t>(offset) % keys_;
  }
  static std::uint64_t hash(Offset offset) { return 1000 + static_cast<std::uint64_t>(offset); }

  Scenario& passes(Duration duration) {
    clock += duration;
    return *this;
  }
  // Offsets from first to last, both included, in partition 0.
  Scenario& appended(Offset first, Offset last, std::size_t partition = 0) {
    for (Offset offset = first; offset <= last; ++offset) {
      history.add(at({.kind = EventKind::kAppended,
                      .partition = partitions[partition],
                      .offset = offset,
                      .key = key(offset),
                      .detail = hash(offset)}));
    }
    return *this;
  }
  Scenario& lost(Offset from, EventKind kind = EventKind::kLost) {
    history.add(at({.kind = kind, .partition = partitions[0], .offset = from}));
    return *this;
  }
  // The run's producer hears that the cluster has it.
  Scenario& produced(Offset offset) {
    history.add(at({.kind = EventKind::kProduced,
                    .partition = partitions[0],
                    .offset = offset,
                    .detail = hash(offset)}));
    return *this;
  }
  Scenario& removed_below(Offset offset) {
    history.add(at({.kind = EventKind::kRemoved,
                    .partition = partitions[0],
                    .offset = offset,
                    .detail = history.note("retention.ms")}));
    return *this;
  }
  // Who gets which partitions; who is named takes part.
  Scenario& generation(
      std::uint64_t number,
      const std::vector<std::pair<ProcessIndex, std::vector<std::size_t>>>& assignment) {
    history.add(at({.kind = EventKind::kGeneration, .group = group, .detail = number}));
    for (const auto& [process, assigned] : assignment) {
      history.add(at({.kind = EventKind::kMember, .process = process, .group = group}));
      for (std::size_t partition : assigned) {
        history.add(at({.kind = EventKind::kAssigned,
                        .process = process,
                        .group = group,
                        .partition = partitions[partition]}));
      }
    }
    return *this;
  }
  // Of a new ownership.
  Consumer consumer(ProcessIndex process, std::size_t partition = 0) {
    return {history.next_consumer(), process, partitions[partition], history.next_ownership()};
  }
  // One more of the other's ownership.
  Consumer lane_beside(const Consumer& other) {
    return {history.next_consumer(), other.process, other.partition, other.ownership};
  }

  Event run_event(EventKind kind, const Consumer& consumer, Offset offset, RunId run, RunId batch) {
    return at({.kind = kind,
               .process = consumer.process,
               .group = group,
               .partition = consumer.partition,
               .ownership = consumer.ownership,
               .consumer = consumer.id,
               .offset = offset,
               .run = run,
               .batch = batch,
               .key = key(offset),
               .detail = hash(offset)});
  }
  RunId starts(const Consumer& consumer, Offset offset, RunId batch = 0) {
    const RunId run = history.next_run();
    history.add(
        run_event(EventKind::kConsumeStarted, consumer, offset, run, batch == 0 ? run : batch));
    return run;
  }
  Scenario& returns(const Consumer& consumer, Offset offset, RunId run, RunId batch = 0) {
    history.add(
        run_event(EventKind::kConsumeEnded, consumer, offset, run, batch == 0 ? run : batch));
    return *this;
  }
  Scenario& throws(const Consumer& consumer, Offset offset, RunId run, RunId batch = 0) {
    history.add(
        run_event(EventKind::kConsumeThrew, consumer, offset, run, batch == 0 ? run : batch));
    return *this;
  }
  Scenario& marks(const Consumer& consumer, Offset offset, RunId run) {
    history.add(run_event(EventKind::kMarked, consumer, offset, run, run));
    return *this;
  }
  Scenario& awaits_commit(const Consumer& consumer, Offset offset, RunId run) {
    history.add(run_event(EventKind::kCommitAwaited, consumer, offset, run, run));
    return *this;
  }
  Scenario& has_awaited_commit(const Consumer& consumer, Offset offset, RunId run) {
    history.add(run_event(EventKind::kCommitWaitEnded, consumer, offset, run, run));
    return *this;
  }
  // Starts and returns.
  Scenario& works(const Consumer& consumer, Offset offset) {
    const RunId run = starts(consumer, offset);
    return returns(consumer, offset, run);
  }
  Scenario& works(const Consumer& consumer, Offset first, Offset last) {
    for (Offset offset = first; offset <= last; ++offset) works(consumer, offset);
    return *this;
  }
  SendId sends(const Consumer& consumer, RunId run) {
    const SendId send = history.next_send();
    history.add(at({.kind = EventKind::kSent,
                    .process = consumer.process,
                    .run = run,
                    .send = send,
                    .detail = 77}));
    return send;
  }
  // The output is what the cluster holds at that offset of invoices.v1-0.
  Scenario& acknowledged(RunId run, SendId send, Offset offset, std::uint64_t held_hash = 77) {
    history.add(at({.kind = EventKind::kAppended,
                    .partition = output,
                    .offset = offset,
                    .detail = held_hash}));
    history.add(at({.kind = EventKind::kOutputAcknowledged,
                    .partition = output,
                    .offset = offset,
                    .run = run,
                    .send = send}));
    return *this;
  }
  Scenario& output_fails(RunId run, SendId send) {
    history.add(at({.kind = EventKind::kOutputFailed, .run = run, .send = send}));
    return *this;
  }
  // Of partition 0's record at the offset: kDeadLetterSent, kDeadLettered ...
  Scenario& dead_letter(EventKind kind, ProcessIndex process, Offset offset,
                        std::uint64_t hash_changed_by = 0) {
    history.add(at({.kind = kind,
                    .process = process,
                    .group = group,
                    .partition = partitions[0],
                    .offset = offset,
                    .detail = hash(offset) + hash_changed_by}));
    return *this;
  }
  Scenario& commits(ProcessIndex process, Offset offset, std::size_t partition = 0) {
    history.add(at({.kind = EventKind::kCommitted,
                    .process = process,
                    .group = group,
                    .partition = partitions[partition],
                    .offset = offset,
                    .detail = 1}));
    return *this;
  }
  Scenario& happens(EventKind kind, ProcessIndex process) {
    history.add(at({.kind = kind, .process = process}));
    return *this;
  }
  Scenario& finish(std::uint64_t produced_records, std::uint64_t sent_again = 0) {
    Expectations expectations;
    expectations.subscriptions = {{group, partitions[0]}, {group, partitions[1]}};
    expectations.produced = {{"orders.v1", produced_records, sent_again}};
    judge.finish(expectations);
    return *this;
  }

  // The broken promise, or empty.
  std::string broken() const { return judge.breach() ? judge.breach()->promise : ""; }
  std::string text() const { return judge.breach() ? judge.breach()->text : ""; }

  History history;
  Judge judge{history};
  TimePoint clock{};
  std::vector<PartitionIndex> partitions;
  PartitionIndex output = kNone;
  GroupIndex group = kNone;
  ProcessIndex a = kNone;
  ProcessIndex b = kNone;

 private:
  std::uint64_t keys_ = 0;
};

}  // namespace rookery::sim
