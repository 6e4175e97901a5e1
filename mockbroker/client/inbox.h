// inbox.h
//
// Where a client's replies wait until one of its threads drives I/O: what a socket's receive buffer
// is to a real one.
//
// Several threads may wait at once; each has its own Waiter, so that no wake is lost to another.
//
// Thread rules: any thread; a Waiter belongs to one. push() never calls out.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <cstdint>
#include <vector>

#include "mockbroker/protocol/protocol.h"

namespace rookery::mock {

struct Reply {
  NodeId node = -1;
  CorrelationId correlation = 0;
  Result<Response> response;
  // throttle_time_ms: the client is to send nothing more over this connection for so long
  // (KIP-219).
  Duration throttle_time{};
};

class Inbox {
 public:
  // One thread's place: which wakes it has seen.
  class Waiter {
    friend class Inbox;
    std::uint64_t seen_ = 0;
  };

  Inbox() = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  virtual ~Inbox() = default;

  // Virtual so that a network can make inboxes that see answers pass, and threads wait for them.
  virtual void push(Reply reply);

  // Ends every waiter's receive early, now or, for who does not wait, the next one.
  virtual void wake();
  // The same for all but this one.
  virtual void wake_others(Waiter& waiter);

  // Waits until there is a reply, a wake or the deadline; answers all that is there, in order of
  // arrival. A deadline of TimePoint{}: does not wait, for the caller has something to do.
  virtual std::vector<Reply> receive(TimePoint deadline, Waiter& waiter);

 private:
  Mutex mutex_{"mock.inbox", ranks::kInbox};
  ConditionVariable arrived_{"mock.inbox.arrived"};
  std::vector<Reply> replies_;
  std::uint64_t wakes_ = 0;
};

}  // namespace rookery::mock
