// heartbeat.cc
//
// Each step is decided under CO and done without it.
#include "mockbroker/client/heartbeat.h"

#include <rookery/runtime/fiber_local.h>
#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <string>
#include <utility>

namespace rookery::mock {
namespace {

// Which heartbeat this thread is, if it is one.
FiberLocal<const Heartbeat*> beating_here;

}  // namespace

bool Heartbeat::is_current_thread() const { return *beating_here == this; }

Heartbeat::Heartbeat(const GroupSettings& settings, NetworkClient& client, GroupLock& group,
                     Coordinator& coordinator, MemberState& member, EventQueue& events,
                     const EventListener& listener)
    : settings_(settings),
      client_(client),
      group_(group),
      coordinator_(coordinator),
      member_(member),
      events_(events),
      listener_(listener) {}

void Heartbeat::start(std::shared_ptr<void> keep_alive) {
  thread_ = Thread("heartbeat " + settings_.group_id,
                   [this, keep_alive = std::move(keep_alive)] { run(); });
}

void Heartbeat::request_stop() {
  if (mutant("heartbeat.join_under_lock")) return;  // joining does it all
  {
    MutexLock lock(group_.mutex);
    is_stopped_ = true;
    group_.changed.notify_all();
  }
  client_.wake();
}

bool Heartbeat::join_until(TimePoint deadline) {
  if (!thread_.joinable()) return true;
  if (mutant("heartbeat.join_under_lock")) {
    MutexLock lock(group_.mutex);
    is_stopped_ = true;
    group_.changed.notify_all();
    return thread_.join_until(deadline);
  }
  return thread_.join_until(deadline);
}

void Heartbeat::run() {
  *beating_here = this;
  for (;;) {
    const Step step = next_step();
    switch (step.kind) {
      case Step::Kind::kEnd: {
        MutexLock lock(group_.mutex);
        has_ended_ = true;
        return;
      }
      case Step::Kind::kSend:
        send_beat(step);
        break;
      case Step::Kind::kLeave:
        send_leave(step);
        client_.wake();  // M has an event to give
        break;
      case Step::Kind::kDriveIo: {
        const TimePoint next = step.wants_coordinator ? coordinator_.drive() : kNever;
        client_.poll(std::min(step.io_deadline, next), waiter_);
        break;
      }
    }
    tell();
  }
}

void Heartbeat::tell() {
  if (!listener_) return;
  MutexLock lock(group_.mutex);
  const bool is_last = is_stopped_;
  // Once told to stop, H leaves the rest to who closes.
  if (is_last && !mutant("heartbeat.tells_under_lock")) return;
  if (!events_.take_hint()) return;
  is_telling_ = true;
  if (!is_last) lock.unlock();
  assert_no_locks_held("the listener of events");
  listener_();
  if (!is_last) lock.lock();
  is_telling_ = false;
}

std::optional<Heartbeat::Step> Heartbeat::expire_session_locked(TimePoint at) {
  if (member_.session_deadline() <= at) {
    // Another may own our partitions by now: nothing of ours is valid until the next join.
    if (const std::optional<NodeId> node = coordinator_.node_locked()) {
      coordinator_.lost_locked(*node);
    }
    events_.emplace_back(ConsumerError{
        Error{.code = ErrorCode::kTimedOut,
              .message = "group '" + settings_.group_id + "': no heartbeat was answered within " +
                         "the session timeout; partitions are lost",
              .retriable = true},
        std::nullopt});
    member_.lose(/*keeps_member_id=*/true);
    return Step{.kind = Step::Kind::kLeave};  // nothing to send: the id stays
  }
  return std::nullopt;
}

std::optional<Heartbeat::Step> Heartbeat::expire_poll_locked(TimePoint at, std::size_t channel) {
  if (member_.poll_deadline() <= at) {
    Step step{.kind = Step::Kind::kLeave, .channel = channel, .identity = member_.identity()};
    step.node = coordinator_.node_locked().value_or(-1);
    events_.emplace_back(ConsumerError{Error{.code = ErrorCode::kTimedOut,
                                             .message = "group '" + settings_.group_id +
                                                        "': the application did not poll within " +
                                                        "max.poll.interval.ms; leaving the group",
                                             .retriable = true},
                                       std::nullopt});
    const bool is_static = !settings_.group_instance_id.empty();
    member_.lose(/*keeps_member_id=*/is_static);
    if (is_static) step.node = -1;  // its session ends by itself, unless it comes back
    return step;
  }
  return std::nullopt;
}

bool Heartbeat::rest_locked(MutexLock& lock, TimePoint deadline,
                            const std::function<bool()>& is_over) {
  if (mutant("heartbeat.stop_read_outside_lock")) {
    lock.unlock();
    const bool is_stopped = is_stopped_;
    lock.lock();
    bool was_woken = false;
    const auto is_woken = [&was_woken] { return std::exchange(was_woken, true); };
    if (!is_stopped) group_.changed.wait_until(lock, deadline, is_woken);
    return !is_stopped;
  }
  group_.changed.wait_until(lock, deadline, [&] { return is_stopped_ || is_over(); });
  return !is_stopped_;
}

Heartbeat::Step Heartbeat::next_step() {
  MutexLock lock(group_.mutex);
  if (is_stopped_) return {.kind = Step::Kind::kEnd};
  for (;;) {
    const TimePoint at = now();
    if (!member_.beats_enabled()) {
      // A join keeps its connection busy as long as it waits: the goodbye takes another.
      const TimePoint deadline = member_.join_deadline();
      if (deadline <= at) {
        if (auto expired = expire_poll_locked(at, kControlChannel)) return *expired;
      }
      const auto has_changed = [&] {
        return member_.beats_enabled() || member_.join_deadline() != deadline;
      };
      if (rest_locked(lock, deadline, has_changed)) continue;
      return {.kind = Step::Kind::kEnd};
    }
    if (std::optional<Step> expired = expire_session_locked(at)) return *expired;
    if (std::optional<Step> expired = expire_poll_locked(at, kGroupChannel)) return *expired;
    const TimePoint limit = std::min(member_.session_deadline(), member_.poll_deadline());
    const TimePoint slice = std::min(limit, saturating_add(at, kIoSliceMost));
    if (member_.is_beat_under_way()) {
      if (mutant("heartbeat.waits_for_answer_under_lock") && is_answer_here_.load()) {
        client_.poll(slice, waiter_);
      }
      return {.io_deadline = slice};
    }
    if (member_.beat_due() > at) {
      const TimePoint due = std::min(limit, member_.beat_due());
      const std::uint64_t attempt = member_.attempt();
      const bool goes_on = rest_locked(lock, due, [&] {
        return !member_.beats_enabled() || member_.attempt() != attempt ||
               std::min({member_.session_deadline(), member_.poll_deadline(), member_.beat_due()}) <
                   due;
      });
      if (goes_on) continue;
      return {.kind = Step::Kind::kEnd};
    }
    const std::optional<NodeId> node = coordinator_.node_locked();
    if (!node) return {.io_deadline = slice, .wants_coordinator = true};
    return {.kind = Step::Kind::kSend,
            .node = *node,
            .beat = member_.beat_sent(),
            .identity = member_.identity()};
  }
}

void Heartbeat::send_beat(const Step& step) {
  HeartbeatRequest request{.group = settings_.group_id,
                           .generation = step.identity.generation,
                           .member_id = step.identity.member_id,
                           .group_instance_id = settings_.group_instance_id};
  const TimePoint sent_at = now();
  // A beat that is lost must leave time for others before the session is over.
  const Duration timeout = std::min(settings_.request_timeout, settings_.session_timeout / 3);
  const auto send = [&] {
    client_.send(
        {step.node, kGroupChannel}, std::move(request), timeout,
        [this, sent_at, step](Result<Response> response) { handle(sent_at, step, response); });
  };
  if (mutant("heartbeat.beats_under_lock") && client_.is_handling()) {
    MutexLock lock(group_.mutex);
    send();
    return;
  }
  send();
}

void Heartbeat::send_leave(const Step& step) {
  if (step.node < 0 || step.identity.member_id.empty()) return;
  LeaveGroupRequest request{.group = settings_.group_id, .member_id = step.identity.member_id};
  const auto send = [&] {
    client_.send({step.node, step.channel}, std::move(request), [](Result<Response>) {
      // Whatever the answer: the session timeout removes a member that could not say goodbye.
    });
  };
  if (mutant("heartbeat.leaves_under_lock") || mutant("heartbeat.unlocks_twice")) {
    // So that the join of an application that polls again does not come first.
    MutexLock lock(group_.mutex);
    if (member_.poll_deadline() == kNever) {
      if (mutant("heartbeat.unlocks_twice")) group_.mutex.unlock();
      send();
      return;
    }
  }
  send();
}

void Heartbeat::handle(TimePoint sent_at, const Step& sent, const Result<Response>& response) {
  if (mutant("heartbeat.waits_for_answer_under_lock")) is_answer_here_.store(true);
  const TimePoint at = now();
  const auto* answer = response ? std::get_if<HeartbeatResponse>(&*response) : nullptr;
  MaybeError error;
  if (!response) {
    error = response.error().code;
  } else if (!answer) {
    error = ErrorCode::kUnknown;
  } else {
    error = answer->error;
  }
  MutexLock lock(group_.mutex);
  if (mutant("heartbeat.waits_for_answer_under_lock")) is_answer_here_.store(false);
  if (!member_.is_current_beat(sent.beat)) return;  // of an older generation
  const bool is_still_us = member_.identity() == sent.identity;
  const bool is_good = !error || *error == ErrorCode::kRebalanceInProgress;
  member_.beat_answered(sent_at, is_good && is_still_us, at);
  if (!is_still_us) return;
  if (!error) return;
  switch (*error) {
    case ErrorCode::kRebalanceInProgress:
      if (member_.phase() == MemberState::Phase::kStable) member_.want_rejoin();
      return;
    case ErrorCode::kUnknownMemberId:
      member_.lose(/*keeps_member_id=*/false);
      return;
    case ErrorCode::kIllegalGeneration:
      member_.lose(/*keeps_member_id=*/true);
      return;
    case ErrorCode::kFencedInstanceId:
      member_.fail({.code = *error,
                    .message = "group '" + settings_.group_id + "': another process uses " +
                               "group.instance.id " + settings_.group_instance_id});
      return;
    default:
      if (is_coordinator_lost(*error)) coordinator_.lost_locked(sent.node);
      return;
  }
}

}  // namespace rookery::mock
