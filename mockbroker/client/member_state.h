// member_state.h
//
// Where one member stands in its group: phase, identity, when to beat, when its session or its
// application's patience is over. Transitions only; requests are sent by Rejoin (thread M) and
// Heartbeat (thread H).
//
//     unjoined -> joining -> assigning -> syncing -> stable -> (rejoin wanted) joining ...
//     anything -> unjoined      when the membership is lost or left
//
// Thread rules: guarded by CO.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time.h>

#include <optional>
#include <string>

#include "mockbroker/client/group_state.h"
#include "mockbroker/client/owned_partitions.h"

namespace rookery::mock {

class MemberState {
 public:
  enum class Phase { kUnjoined, kJoining, kAssigning, kSyncing, kStable };

  MemberState(const GroupSettings& settings, GroupLock& group, OwnedPartitions& owned,
              EventQueue& events);

  Phase phase() const { return phase_; }
  const MemberIdentity& identity() const { return identity_; }
  bool is_fatal() const { return fatal_.has_value(); }
  const std::optional<Error>& fatal() const { return fatal_; }

  // ---- Rejoining

  bool wants_rejoin() const { return wants_rejoin_; }
  void want_rejoin() { wants_rejoin_ = true; }
  // Each attempt has a number; an answer to an older one changes nothing.
  std::uint64_t begin_join();
  bool is_current_attempt(std::uint64_t attempt, Phase phase) const {
    return attempt == attempt_ && phase == phase_;
  }
  std::uint64_t attempt() const { return attempt_; }
  void joined(std::int32_t generation, std::string member_id, TimePoint at);
  void syncing() { phase_ = Phase::kSyncing; }
  void stable(TimePoint at);
  // The attempt failed; identity stays, and so do a cooperative member's partitions.
  void join_failed();
  // The coordinator gave us this id to join with (KIP-394).
  void take_member_id(std::string member_id) { identity_.member_id = std::move(member_id); }

  // ---- Losing it

  // Partitions are somebody else's, streams end, and the next join begins anew.
  void lose(bool keeps_member_id);
  void fail(Error error);
  void stop();  // no more beats; the consumer closes

  // ---- Beating

  bool beats_enabled() const;
  bool is_beat_under_way() const { return is_beat_under_way_; }
  TimePoint beat_due() const { return beat_due_; }
  TimePoint session_deadline() const { return session_deadline_; }
  // Answers the beat's number; a join voids the beat under way.
  std::uint64_t beat_sent() {
    is_beat_under_way_ = true;
    return ++beat_;
  }
  bool is_current_beat(std::uint64_t beat) const { return is_beat_under_way_ && beat == beat_; }
  void beat_answered(TimePoint sent_at, bool good, TimePoint at);

  // ---- The application's polls

  void poll_began() { poll_deadline_ = kNever; }
  void poll_ended(TimePoint at) {
    poll_deadline_ = saturating_add(at, settings_.max_poll_interval);
    is_join_late_ = is_join_late_ || phase_ == Phase::kJoining;
    // Only then does nothing else wake H.
    if (phase_ == Phase::kJoining) group_.changed.notify_all();
  }
  TimePoint poll_deadline() const { return poll_deadline_; }
  // When a member that does not beat, for it joins, is given up; kNever for any other.
  TimePoint join_deadline() const {
    return phase_ == Phase::kJoining && !is_stopped_ ? poll_deadline_ : kNever;
  }

 private:
  void enter(Phase phase);

  const GroupSettings& settings_;
  GroupLock& group_;
  OwnedPartitions& owned_;
  EventQueue& events_;
  Phase phase_ = Phase::kUnjoined;
  MemberIdentity identity_;
  bool wants_rejoin_ = true;
  std::uint64_t attempt_ = 0;
  std::optional<Error> fatal_;
  bool is_stopped_ = false;
  bool is_beat_under_way_ = false;
  std::uint64_t beat_ = 0;
  TimePoint beat_due_{};
  TimePoint session_deadline_ = kNever;
  TimePoint poll_deadline_ = kNever;
  // For a mutant: a poll ended while the join was under way; and what the mutant makes of it.
  bool is_join_late_ = false;
  bool are_beats_off_ = false;
};

}  // namespace rookery::mock
