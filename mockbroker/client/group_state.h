// group_state.h
//
// What the threads of one group member share, behind one lock: CO of coordination.md.
//
// Lock order: CL (NetworkClient) before CO. Nothing is sent and no handler runs while CO is held;
// streams, fetcher and metadata may be asked (their ranks are greater).
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/transport/group_consumer.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/protocol/protocol.h"

namespace rookery::mock {

enum class OffsetReset { kEarliest, kLatest, kError };

struct GroupSettings {
  std::string group_id;
  std::string group_instance_id;  // empty: a dynamic member
  std::vector<std::string> strategies = {"range", "roundrobin"};
  Duration session_timeout = std::chrono::seconds(45);
  Duration heartbeat_interval = std::chrono::seconds(3);
  Duration max_poll_interval = std::chrono::minutes(5);
  Duration request_timeout = std::chrono::seconds(30);
  // The most a commit may take, with its retries (as Kafka's default.api.timeout.ms).
  Duration api_timeout = std::chrono::seconds(60);
  Duration retry_backoff = std::chrono::milliseconds(100);
  OffsetReset offset_reset = OffsetReset::kLatest;
  std::size_t offset_metadata_most = 4096;
};

// A part of H's drive of I/O, or of a close's, lasts at most so long, so that a stop is noticed. M
// waits in one piece: a wake that is missed must show.
inline constexpr Duration kIoSliceMost = std::chrono::milliseconds(200);

struct GroupLock {
  Mutex mutex{"mock.coordinator", ranks::kCoordinator};
  // Notified when something H waits for changed.
  ConditionVariable changed{"mock.coordinator.changed"};
};

// What poll_events will answer, and whether somebody ought to be told that there is something.
// Guarded by CO.
class EventQueue {
 public:
  template <class Event>
  void emplace_back(Event&& event) {
    events_.emplace_back(std::forward<Event>(event));
    is_hint_due_ = true;
  }
  std::vector<GroupEvent> take() {
    is_hint_due_ = false;
    return std::exchange(events_, {});
  }
  template <class Predicate>
  void erase_if(const Predicate& predicate) {
    std::erase_if(events_, predicate);
    is_hint_due_ = is_hint_due_ && !events_.empty();
  }
  // Whether there is news since the last hint, or take: whoever gets true gives the hint.
  bool take_hint() { return std::exchange(is_hint_due_, false); }

 private:
  std::vector<GroupEvent> events_;
  bool is_hint_due_ = false;
};

// A hint that poll_events has something to answer, given by whichever thread brought it: one that
// polls for an answer, commits or closes, and also H. Called with no lock held, also while a close
// is under way, never after it; it may call anything, close included, and drop the last reference
// to the consumer.
using EventListener = std::function<void()>;

// Who we are in a request to the coordinator.
struct MemberIdentity {
  std::int32_t generation = -1;
  std::string member_id;
  friend bool operator==(const MemberIdentity&, const MemberIdentity&) = default;
};

}  // namespace rookery::mock
