// mutant.h
//
// Known bugs, each put back behind a name, so that the simulator can be seen to find them.
//
//   if (mutant("heartbeat.join_under_lock")) ...   // what some Kafka client once did
//
// In what is measured and shipped (bazel -c opt) mutant() is constant false: the bug, its name and
// the list below are in no binary. In builds with assertions, made with ROOKERY_MUTANTS, one at a
// time may be switched on, for the whole process; nothing but a test, and `./rookery simulate
// --mutant`, does. A name that is not in the list does not compile.
//
// simulations/mutants.md says what each changes, where it comes from, and what finds it.
//
// Thread rules: switched while no other thread runs.
#pragma once

#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>

namespace rookery {

struct MutantEntry {
  std::string_view name;
  std::string_view mark;  // in the design's list of schedules that must be impossible
  std::string_view description;
};

inline constexpr MutantEntry kMutants[] = {
    {"close.waits_for_listener_under_lock", "D1",
     "close waits, holding the coordinator's lock, for a heartbeat thread that is in user code"},
    {"heartbeat.tells_under_lock", "D2",
     "the last hint before a stop is given to user code with the coordinator's lock held"},
    {"client.answers_under_lock", "D3",
     "a poll that meets another one's handlers keeps the client's lock while its own run"},
    {"close.destructor_joins_itself", "D4",
     "a destructor joins the heartbeat thread, also when it runs on it"},
    {"heartbeat.join_under_lock", "D5",
     "stop, notify and join of the heartbeat thread are one scope of the coordinator's lock"},
    {"heartbeat.stop_read_outside_lock", "D6",
     "the heartbeat thread reads the stop flag before it locks and waits"},
    {"heartbeat.leaves_under_lock", "D7",
     "when the application polls again meanwhile, the leave is sent with the lock held"},
    {"heartbeat.unlocks_twice", "D8",
     "the same leave unlocks by hand what its scope unlocks again"},
    {"heartbeat.beats_under_lock", "D9",
     "a beat that meets the handlers of a poll is sent with the coordinator's lock held"},
    {"heartbeat.waits_for_answer_under_lock", "D10",
     "a beat whose answer another thread has taken is waited for with the lock held"},
    {"rejoin.late_join_disables_beats", "D11",
     "a join answered in a later poll than its own leaves the member without heartbeat"},
    {"rejoin.late_join_is_followed", "D12",
     "the answer to a join that was given up is taken for the current one"},
    {"stream.records_after_revocation", "R1",
     "a stream is not told that its partition was given back, and hands out what it has"},
    {"start.ignores_committed_offset", "R2",
     "a partition starts where auto.offset.reset says, whatever was committed"},
    {"stream.takes_stale_fetch", "R3",
     "what was fetched for the position before a seek is taken for what follows it"},
    {"close.says_terminated", "R4", "close on the heartbeat thread says that all is over"},
    {"outputs.marked_before_acknowledged", "F1",
     "a record is marked when consume returns, whatever becomes of its outputs"},
    {"dead_letters.key_replaced", "F2",
     "a dead letter has the source partition's number for a key, not its record's"},
    {"dead_letters.dispatched_after_revocation", "F3",
     "a record that fails while its partition is taken away still becomes a dead letter"},
    {"dead_letters.marked_before_acknowledged", "F4",
     "a record is marked when its dead letter is sent"},
    {"ledger.commits_past_gap", "F5",
     "what is committed is the end of the newest record done, whatever is undone before it"},
    {"partition.keeps_what_was_truncated", "F6",
     "what is known of records that were lost is taken for what lies there now"},
    {"commit.forgets_truncated_epoch", "F7",
     "a commit names no leader epoch: its client adds the one of the log's life that it knows by "
     "then"},
    {"dead_letters.partitioned_by_key", "F8",
     "a dead letter lies where its record's key says, not its source partition"},
    {"dead_letters.neighbour_sent", "F9",
     "a dead letter has key and payload of the record before the one that failed"},
    {"filters.pause_for_ever", "F10",
     "a pause of filters has no end: what they hold back is never looked at again"},
    {"filters.commits_past_held", "F11",
     "what filters hold back counts as passed: it is committed over"},
    {"waiting.marked_on_return", "F12",
     "a record that is finished later is marked when its consume returns"},
    {"filters.rewind_unmarks_dropped", "F13",
     "a rewind takes back marks of what filters have dropped, which nobody marks again"},
    {"lanes.key_in_two", "L1",
     "a key's work goes to a free lane, also while another has some of it"},
    {"lanes.marks_neighbours", "L2",
     "a lane marks all offsets between its records, those of other lanes with them"},
    {"lanes.forget_without_waiting", "L3",
     "records of the log's next life are dealt out while lanes still mark those that it lost"},
    {"lanes.busy_lane_jams", "L4",
     "nothing is taken while a lane has work: one that retries for ever holds up all keys"},
    {"lanes.given_back_is_lost", "L5", "what a lane gave back for others to run nobody runs"},
    {"lanes.take_no_turns", "L6", "lanes that are to fail together go on while one of them fails"},
    {"lanes.spin_out_of_turn", "L7",
     "a lane whose backoff is over asks for its turn without a pause until another's is over"},
    {"life.told_over_work", "C1",
     "a consumer is told of the partition's end, and ticks, while a record of it waits to be "
     "retried"},
    {"life.ticks_at_work", "C2", "a consumer ticks while a record of it is under way"},
    {"segments.drops_broken_keys", "G1", "a record whose key function throws is no segment's"},
    {"segments.position_waits", "G2",
     "what is another segment's does not move the position, until something of one's own comes"},
    {"progress.counts_what_is_taken", "P1",
     "all that was taken beyond the committed offset is committed as done, done or not"},
    {"progress.believes_another_life", "P2",
     "what was done in a log's life before is taken for what lies there now"},
    {"progress.runs_stand_still", "P3",
     "who reads run lengths stays where he is over what is not done"},
    {"progress.is_not_written", "P4", "what is done beyond the committed offset is kept in memory"},
    {"seek.moves_before_it_succeeded", "O1",
     "a seek that fails has moved the position all the same"},
    {"marks.yes_after_loss", "O2", "a mark counts, and says so, whoever has the partition"},
    {"stop.told_outside_lock", "S1",
     "that a server is to stop is told without the lock of who waits for it"},
    {"stop.joins_under_lock", "S2",
     "connections are joined with the server's lock held, which consumers' questions need"},
    {"stop.closes_without_deadline", "S3",
     "a server waits for its last outputs until the brokers answer or they expire"},
    {"stop.waits_for_connections", "S4",
     "stop returns when all connections have ended, also to a worker that they wait for"},
};

// A mutant's place in the list; made from its name by the compiler.
class MutantId {
 public:
  consteval MutantId(const char* name) : index_(index_of(name)) {}
  constexpr std::size_t index() const { return index_; }

 private:
  static consteval std::size_t index_of(std::string_view name) {
    std::size_t index = 0;
    while (kMutants[index].name != name) ++index;  // beyond the end: does not compile
    return index;
  }

  std::size_t index_;
};

#ifdef ROOKERY_MUTANTS

inline constexpr bool kHasMutants = true;

namespace detail {
inline constexpr std::size_t kNoMutant = std::size(kMutants);
inline constinit std::size_t mutant_on = kNoMutant;
}  // namespace detail

inline bool mutant(MutantId id) { return detail::mutant_on == id.index(); }

// The one that is on from now, instead of what was before; empty: none. False: there is none of
// that name.
inline bool switch_mutant_on(std::string_view name) {
  detail::mutant_on = detail::kNoMutant;
  for (std::size_t i = 0; i < std::size(kMutants); ++i) {
    if (kMutants[i].name == name) detail::mutant_on = i;
  }
  return name.empty() || detail::mutant_on != detail::kNoMutant;
}

inline std::span<const MutantEntry> all_mutants() { return kMutants; }

#else

inline constexpr bool kHasMutants = false;

constexpr bool mutant(MutantId) { return false; }
constexpr bool switch_mutant_on(std::string_view name) { return name.empty(); }
constexpr std::span<const MutantEntry> all_mutants() { return {}; }

#endif

}  // namespace rookery
