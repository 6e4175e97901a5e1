// admin_call.h
//
// One call of an administrator: its own connections, and waiting for answers to its deadline or to
// the client's close.
//
// Thread rules: the thread that calls; handlers run on it, for it alone polls.
#pragma once

#include <rookery/runtime/time.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "mockbroker/client/metadata.h"
#include "mockbroker/client/mock_admin.h"
#include "mockbroker/client/network_client.h"
#include "mockbroker/client/offset_lookups.h"

namespace rookery::mock {

class AdminCall {
 public:
  AdminCall(Network& network, const AdminSettings& settings, AdminCalls& calls, TimePoint deadline,
            std::string what)
      : client_(network, with_channels(settings.client)),
        calls_(calls),
        deadline_(deadline),
        what_(std::move(what)) {
    MutexLock lock(calls_.mutex);
    calls_.clients.push_back(&client_);
  }
  ~AdminCall() {
    {
      MutexLock lock(calls_.mutex);
      std::erase(calls_.clients, &client_);
    }
    client_.close();
  }
  AdminCall(const AdminCall&) = delete;
  AdminCall& operator=(const AdminCall&) = delete;

  NetworkClient& client() { return client_; }
  bool is_over() const { return is_closed() || now() >= deadline_; }
  // Why it is.
  Error ended(const std::string& missing) const {
    if (is_closed()) {
      return {.code = ErrorCode::kClosed,
              .message = what_ + ": the client was closed; until then: " + missing};
    }
    return {.code = ErrorCode::kTimedOut, .message = what_ + ": " + missing, .retriable = true};
  }

  // Of one request: never beyond the call's deadline.
  Duration request_timeout() const {
    return std::min<Duration>(client_.settings().request_timeout, deadline_ - now());
  }

  void wait_until(TimePoint until) {
    do {
      client_.poll(std::min(until, deadline_), waiter_);
    } while (now() < until && !is_over());
  }

  // Runs what has come, until `until`, a wake or an answer.
  void poll(TimePoint until) { client_.poll(std::min(until, deadline_), waiter_); }

  // Asks that node, or any, until somebody answers.
  Result<Response> ask(std::optional<NodeId> node, const Request& request) {
    std::string problem = "no node answered";
    for (;;) {
      const TimePoint at = now();
      if (is_over()) return fail(ended(problem));
      NodeId to = -1;
      if (node) {
        to = *node;
      } else {
        const NetworkClient::Pick pick = client_.pick_node();
        if (!pick.node) {
          client_.poll(std::min(deadline_, pick.next_ready), waiter_);
          continue;
        }
        to = *pick.node;
      }
      const Duration timeout =
          std::min<Duration>(client_.settings().request_timeout, deadline_ - at);
      // It may come when nobody waits for it any more.
      const auto answer = std::make_shared<std::optional<Result<Response>>>();
      client_.send({to, kControlChannel}, request, timeout,
                   [answer](Result<Response> response) { *answer = std::move(response); });
      // The request has a time limit of its own: this ends.
      while (!*answer && !is_closed()) client_.poll(kNever, waiter_);
      if (!*answer) return fail(ended("no answer yet"));
      if (**answer) return std::move(**answer);
      problem = (*answer)->error().message;
      if (node) return fail((*answer)->error());
    }
  }

  // Drives lookups until all are done.
  template <class Done>
  bool drive(Metadata& metadata, OffsetLookups& lookups, Done done) {
    for (;;) {
      const TimePoint next = std::min(metadata.drive(), lookups.drive());
      if (done()) return true;
      if (is_over()) return false;
      client_.poll(std::min(next, deadline_), waiter_);
    }
  }

 private:
  bool is_closed() const {
    MutexLock lock(calls_.mutex);
    return calls_.is_closed;
  }
  static NetworkClient::Settings with_channels(NetworkClient::Settings settings) {
    settings.channels = kControlChannel + 1;
    return settings;
  }

  NetworkClient client_;
  AdminCalls& calls_;
  const TimePoint deadline_;
  const std::string what_;
  Inbox::Waiter waiter_;
};

}  // namespace rookery::mock
