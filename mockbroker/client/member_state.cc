// member_state.cc
//
// Every change of what H waits for notifies it.
#include "mockbroker/client/member_state.h"

#include <rookery/runtime/mutant.h>

#include <utility>

namespace rookery::mock {

MemberState::MemberState(const GroupSettings& settings, GroupLock& group, OwnedPartitions& owned,
                         EventQueue& events)
    : settings_(settings), group_(group), owned_(owned), events_(events) {}

void MemberState::enter(Phase phase) {
  phase_ = phase;
  group_.changed.notify_all();
}

std::uint64_t MemberState::begin_join() {
  wants_rejoin_ = false;
  is_join_late_ = false;
  are_beats_off_ = false;
  enter(Phase::kJoining);
  return ++attempt_;
}

void MemberState::joined(std::int32_t generation, std::string member_id, TimePoint at) {
  identity_ = {generation, std::move(member_id)};
  if (mutant("rejoin.late_join_disables_beats")) are_beats_off_ = is_join_late_;
  is_beat_under_way_ = false;
  beat_due_ = saturating_add(at, settings_.heartbeat_interval);
  session_deadline_ = saturating_add(at, settings_.session_timeout);
  enter(Phase::kAssigning);
}

void MemberState::stable(TimePoint at) {
  session_deadline_ = saturating_add(at, settings_.session_timeout);
  enter(Phase::kStable);
}

void MemberState::join_failed() {
  wants_rejoin_ = true;
  enter(Phase::kUnjoined);
}

void MemberState::lose(bool keeps_member_id) {
  identity_.generation = -1;
  if (!keeps_member_id) identity_.member_id.clear();
  session_deadline_ = kNever;
  ++attempt_;  // a join or sync under way is given up
  wants_rejoin_ = true;
  owned_.lose_all();
  enter(Phase::kUnjoined);
}

void MemberState::fail(Error error) {
  if (fatal_) return;
  error.fatal = true;
  fatal_ = error;
  lose(/*keeps_member_id=*/true);
  wants_rejoin_ = false;
  events_.emplace_back(ConsumerError{std::move(error), std::nullopt});
}

void MemberState::stop() {
  is_stopped_ = true;
  wants_rejoin_ = false;
  ++attempt_;
  enter(phase_);
}

bool MemberState::beats_enabled() const {
  if (is_stopped_ || identity_.generation < 0) return false;
  if (mutant("rejoin.late_join_disables_beats") && are_beats_off_) return false;
  // While a join waits at the coordinator it counts as a sign of life.
  return phase_ == Phase::kAssigning || phase_ == Phase::kSyncing || phase_ == Phase::kStable;
}

void MemberState::beat_answered(TimePoint sent_at, bool good, TimePoint at) {
  is_beat_under_way_ = false;
  if (good) {
    beat_due_ = saturating_add(sent_at, settings_.heartbeat_interval);
    session_deadline_ = saturating_add(sent_at, settings_.session_timeout);
  } else {
    beat_due_ = saturating_add(at, settings_.retry_backoff);
  }
  group_.changed.notify_all();
}

}  // namespace rookery::mock
