// ownership.h
//
// One partition in one process's hands, from its assignment until it is taken away: how far user
// code is with each record, where one or several consumers (lanes) run them.
//
// Three things are told apart. A consumer's trail is the records it has started, one after the
// other: when it goes back to one, those behind it run again. A sequence is the records that must
// not overtake each other: all of the partition, or those of one key. And of each record it is
// known what its latest run came to. Belongs to a Model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "simulations/history/history.h"
#include "simulations/history/run_order.h"

namespace rookery::sim {

// One object of user code.
struct ConsumerView {
  OwnershipId ownership = kNone;  // kNone: it has not started a record
  RunId open_batch = 0;           // 0: it is not at work
  std::uint32_t open_runs = 0;
  std::vector<std::size_t> trail;  // places in the partition's log
};

struct SequenceView {
  std::size_t next_place = 0;  // after that of its latest start
  struct Open {
    RunId run = 0;
    RunId batch = 0;
    Offset offset = -1;
  };
  std::vector<Open> open;  // more than one: of one batch
  // After a throw: the next start is at this record, or at an earlier one that failed.
  std::optional<Offset> must_go_back_to;
};

class OwnershipView {
 public:
  enum class State : std::uint8_t {
    kUntouched,
    kStarted,
    kReleased,  // it was, and runs again, since its consumer went back to one before it
  };
  // By its place in the log.
  struct RecordView {
    State state = State::kUntouched;
    bool has_failed = false;  // it threw, or an output of it failed: it may run again
    bool has_ever_failed = false;
    bool is_marked = false;    // by the user, in its latest run
    bool is_given_up = false;  // sent as a dead letter, or skipped: user code gets it no more
    bool has_failed_dead_letter = false;  // and is sent again, with all behind it
    ConsumerId consumer = kNone;          // the latest that started it
    std::size_t turn = 0;                 // in that one's trail
    std::uint64_t key = 0;
    Offset offset = -1;
  };
  // Where it began: none of the group's commits, or the one that was there.
  struct Beginning {
    std::optional<Offset> committed;                // at its first start
    std::optional<Offset> committed_when_assigned;  // none: it was not the owner, or none was there
    std::size_t place = 0;                          // of `committed`; 0: none
    std::size_t lowest = 0;                         // of those it has started
    std::size_t begun_before = 0;                   // what the group was excused from before it
  };

  bool has_begun() const { return has_begun_; }
  void begin(const Event& first, const RunOrder& order, Beginning beginning);

  ProcessIndex process() const { return process_; }
  GroupIndex group() const { return group_; }
  PartitionIndex partition() const { return partition_; }
  const RunOrder& order() const { return order_; }
  const Beginning& beginning() const { return beginning_; }
  // Where it began, as far as can be said by what it has started: several lanes need not start the
  // first record first.
  std::size_t note_begun_at(std::size_t place);
  // How many of its consumers are at work.
  std::size_t at_work(const std::vector<ConsumerView>& consumers) const;
  // One that runs what lay at the offset before it was lost; none: nobody does.
  std::optional<RunId> lost_run_at(Offset offset) const;

  // The sequence of a record with that key. Null: it is in none, or none of it has started.
  const SequenceView* sequence(std::uint64_t key) const;
  const RecordView& look_at(std::size_t place) const;

  // A run of the record at the place starts; lost: others lie there now.
  void start(const Event& event, std::size_t place, bool is_lost,
             std::vector<ConsumerView>& consumers);
  void end(const Event& event, std::size_t place, bool is_lost, ConsumerView& consumer);
  void output_failed(std::size_t place);
  // What the mark covers, by its places.
  std::vector<std::size_t> mark(std::size_t last, const ConsumerView& consumer);
  void give_up(Offset offset, std::size_t place, std::vector<ConsumerView>& consumers);
  void dead_letter_failed(std::size_t place);
  // The log ends at `size`, which has the offset `from`.
  void cut(std::size_t size, Offset from, std::vector<ConsumerView>& consumers);

 private:
  RecordView& at(std::size_t place);
  // Null: records of that key are in none.
  SequenceView* sequence_of(std::uint64_t key);
  void release_behind(std::size_t turn, ConsumerView& consumer);
  void release(std::size_t place);

  bool has_begun_ = false;
  ProcessIndex process_ = kNone;
  GroupIndex group_ = kNone;
  PartitionIndex partition_ = kNone;
  RunOrder order_;
  Beginning beginning_;
  std::vector<ConsumerId> consumers_;
  std::vector<RecordView> records_;
  std::map<std::uint64_t, SequenceView> sequences_;  // by key; of all: 0
  struct Open {
    Offset offset = -1;
    bool is_lost = false;
  };
  std::map<RunId, Open> open_;
};

}  // namespace rookery::sim
