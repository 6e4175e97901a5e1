// checker.h
//
// One promise, watched event by event.
//
// A checker sees each event before the model has taken it in, and answers when the event breaks the
// promise. At the end it is asked once more. It reads the model and the events, nothing else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulations/checkers/model.h"
#include "simulations/history/history.h"

namespace rookery::sim {

// A broken promise: which, and what happened, naming record and offset.
struct Breach {
  std::string promise;
  std::string text;
  // What the story is about.
  PartitionIndex partition = kNone;
  GroupIndex group = kNone;
  Offset offset = -1;  // -1: all of the partition
};

// What must be true when everything is drained.
struct Expectations {
  // What each group consumes.
  struct Subscription {
    GroupIndex group = kNone;
    PartitionIndex partition = kNone;
  };
  std::vector<Subscription> subscriptions;
  // How many records the run's own producer has sent to partitions that nobody else writes.
  struct Produced {
    std::string topic;
    std::uint64_t records = 0;
    // Of these, how many it has sent a second time: refused by a leader that an unclean election
    // had made, while the log that has them may lead again after another.
    std::uint64_t sent_again = 0;
  };
  std::vector<Produced> produced;
};

class Checker {
 public:
  virtual ~Checker() = default;

  // The promise, in a few words: "no loss".
  virtual const char* promise() const = 0;
  virtual std::optional<Breach> check(const Model& model, const Event& event) = 0;
  virtual std::optional<Breach> finish(const Model& model, const Expectations& expectations) {
    (void)model;
    (void)expectations;
    return std::nullopt;
  }

 protected:
  explicit Checker(const History& history) : history_(history) {}

  Breach breach(const Event& event, std::string text) const {
    return {promise(), std::move(text), event.partition, event.group};
  }
  std::string record(PartitionIndex partition, Offset offset) const {
    return history_.partition_name(partition).text() + " @" + std::to_string(offset);
  }
  std::string process(ProcessIndex process) const {
    return process == kNone ? "nobody" : history_.process_name(process);
  }

  const History& history_;
};

// Every one there is. The history outlives them.
std::vector<std::unique_ptr<Checker>> all_checkers(const History& history);

// What is consumed or acknowledged is in the log, with the very key and payload.
std::unique_ptr<Checker> make_unchanged_records_checker(const History& history);
// Every record the cluster holds was consumed, its outputs are safe, and lag is zero.
std::unique_ptr<Checker> make_no_loss_checker(const History& history);
// The place of the first record for which that is not so, whatever was committed.
std::optional<std::size_t> first_owed(const Model& model,
                                      const Expectations::Subscription& subscription);
// Whether the group has records to consume that it has not committed.
bool is_behind(const Model& model, const Expectations::Subscription& subscription);
// A group that is a parallel segment consumes its own records only.
std::unique_ptr<Checker> make_segments_checker(const History& history);
// Within one ownership of a partition records start in the order that the route asks for.
std::unique_ptr<Checker> make_order_checker(const History& history);
// No more consumers of one partition are at work at once than its route asks for.
std::unique_ptr<Checker> make_lanes_checker(const History& history);
// Where a route asks for it, a record that failed runs again alone, and none behind it before it.
std::unique_ptr<Checker> make_collapse_checker(const History& history);
// A record runs again only where a failure or a change of owner explains it.
std::unique_ptr<Checker> make_duplicates_checker(const History& history);
// A committed offset never passes a record whose work or outputs are not done.
std::unique_ptr<Checker> make_commit_progress_checker(const History& history);
// Committed offsets never fall, and only the owner commits.
std::unique_ptr<Checker> make_commit_owner_checker(const History& history);
// Only a record that failed is given up, by its owner, and its dead letter is the very record.
std::unique_ptr<Checker> make_dead_letters_checker(const History& history);
// Nobody starts a record of a partition that was handed back.
std::unique_ptr<Checker> make_hand_back_checker(const History& history);

}  // namespace rookery::sim
