// heartbeat.h
//
// Thread H of one group member: sends a heartbeat each interval, finds out that the session or the
// application's poll interval is over, and looks up a lost coordinator; whatever M does.
//
// H waits on CO's condition for a predicate, unsliced, while it has nothing under way; otherwise it
// drives I/O in slices of at most kIoSliceMost. It holds no lock while it sends or receives.
#pragma once

#include <rookery/runtime/atomic.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <functional>
#include <memory>
#include <optional>

#include "mockbroker/client/coordinator.h"
#include "mockbroker/client/group_state.h"
#include "mockbroker/client/member_state.h"
#include "mockbroker/client/network_client.h"

namespace rookery::mock {

class Heartbeat {
 public:
  // All of these outlive the thread: its body owns `keep_alive`.
  Heartbeat(const GroupSettings& settings, NetworkClient& client, GroupLock& group,
            Coordinator& coordinator, MemberState& member, EventQueue& events,
            const EventListener& listener);

  void start(std::shared_ptr<void> keep_alive);
  bool is_started() const { return thread_.joinable(); }

  // Whether the caller is H: it must not join itself.
  bool is_current_thread() const;

  // Asks H to end; never waits. CO is not held.
  void request_stop();
  // Whether H ended by the deadline; holds no lock meanwhile. Not from H itself.
  bool join_until(TimePoint deadline);
  // Whether H is in user code; CO is held.
  bool is_telling_locked() const { return is_telling_; }
  // Whether H does nothing any more; CO is held.
  bool has_ended_locked() const { return has_ended_; }
  // Gives the thread to whoever joins it later.
  Thread release() { return std::move(thread_); }

 private:
  // What H does next.
  struct Step {
    enum class Kind { kEnd, kDriveIo, kSend, kLeave } kind = Kind::kDriveIo;
    TimePoint io_deadline{};
    bool wants_coordinator = false;
    NodeId node = -1;
    std::size_t channel = kGroupChannel;
    std::uint64_t beat = 0;
    MemberIdentity identity;
  };

  void run();
  Step next_step();
  std::optional<Step> expire_session_locked(TimePoint at);
  // `channel`: for the goodbye.
  std::optional<Step> expire_poll_locked(TimePoint at, std::size_t channel);
  void send_beat(const Step& step);
  void send_leave(const Step& step);
  // Gives the hint that is due. Nothing of CO is held while user code runs.
  void tell();
  // Waits for `is_over`, or until `deadline`. False: a stop was asked for.
  bool rest_locked(MutexLock& lock, TimePoint deadline, const std::function<bool()>& is_over);
  // The answer to the beat that `sent` sent.
  void handle(TimePoint sent_at, const Step& sent, const Result<Response>& response);

  const GroupSettings& settings_;
  NetworkClient& client_;
  GroupLock& group_;
  Coordinator& coordinator_;
  MemberState& member_;
  EventQueue& events_;
  const EventListener& listener_;
  bool is_stopped_ = false;             // guarded by CO
  bool is_telling_ = false;             // guarded by CO
  bool has_ended_ = false;              // guarded by CO
  Atomic<bool> is_answer_here_{false};  // for a mutant: the answer has come, and is not taken yet
  Inbox::Waiter waiter_;                // H's own
  Thread thread_;
};

}  // namespace rookery::mock
