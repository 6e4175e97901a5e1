// network_client.h
//
// Requests and their answers over one client's connections: correlation, time limits, one backoff
// for each connection (50 ms doubling to 1 s, jittered, reset by any answer). Where an answer tells
// a throttle time, nothing is sent over its connection until that is over (KIP-219).
//
// A connection is a node on a channel. Kafka answers a connection in order, so what may wait long
// (a fetch, a join) has a channel of its own and never delays the rest.
//
// Thread rules: any thread. Handlers run on the thread that polls, with no lock held, each exactly
// once, unless the client is closed first. The lock of this class is CL of coordination.md.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/client/backoff.h"
#include "mockbroker/client/network.h"
#include "mockbroker/protocol/protocol.h"

namespace rookery::mock {

// Short questions to any node.
inline constexpr std::size_t kControlChannel = 0;
// Only to the group's coordinator.
inline constexpr std::size_t kGroupChannel = 1;
// Data: a producer's requests, or the first of a consumer's fetch channels.
inline constexpr std::size_t kDataChannel = 2;

struct Destination {
  NodeId node = -1;
  std::size_t channel = kControlChannel;
  friend auto operator<=>(const Destination&, const Destination&) = default;
};

class NetworkClient {
 public:
  struct Settings {
    std::string client_id = "rookery";
    Duration request_timeout = std::chrono::seconds(30);
    Duration backoff_first = std::chrono::milliseconds(50);
    Duration backoff_most = std::chrono::seconds(1);
    std::size_t channels = 3;
  };
  using Handler = std::function<void(Result<Response>)>;

  // `network` must outlive the client.
  NetworkClient(Network& network, Settings settings);

  // Waits for the connection's backoff first. The handler gets the answer, or kTransport (the
  // connection broke), or kTimedOut (no answer within `timeout`; the connection is closed then).
  void send(Destination to, Request request, Duration timeout, Handler handler);
  void send(Destination to, Request request, Handler handler) {
    send(to, std::move(request), settings_.request_timeout, std::move(handler));
  }
  // For requests without an answer (acks=0).
  void send_unanswered(Destination to, Request request);

  // When a request sent now would leave: now or before, unless the connection is in backoff or
  // throttled.
  TimePoint ready_at(Destination to) const;
  // The node asked for a pause: it is well, and whatever it leads it goes on leading.
  bool is_throttled(Destination to) const;
  // Fails what is under way there with kTransport, without backoff.
  void disconnect(Destination to);

  // Waits for answers until the deadline, a wake, or a time limit; runs their handlers. Answers
  // whether any ran.
  bool poll(TimePoint deadline, Inbox::Waiter& waiter);
  void wake() { inbox_->wake(); }
  // For what wakes the client and may outlive it.
  std::shared_ptr<Inbox> inbox() const { return inbox_; }

  // The node for a question that any can answer: one that is ready and has least under way; none
  // when all are in backoff (until `next_ready`).
  struct Pick {
    std::optional<NodeId> node;
    TimePoint next_ready{};
  };
  Pick pick_node();
  NodeId first_node() const { return first_node_; }
  // Nodes learnt from metadata, added to the bootstrap nodes.
  void set_nodes(const std::vector<MetadataResponse::Node>& nodes);
  std::size_t node_count() const;

  // "<client_id=orders node_id=2 host=... port=... state=connected>"
  std::string text(Destination to) const;
  const Settings& settings() const { return settings_; }

  // For mutants: whether a thread runs handlers at this moment. Counted for those that ask alone,
  // so that the healthy code has the same choice points in every build.
  bool is_handling() const { return handling_.load() > 0; }

  // Drops everything under way without calling its handlers; later sends are dropped, too.
  void close();

 private:
  struct Connection {
    explicit Connection(const Settings& settings)
        : backoff(settings.backoff_first, settings.backoff_most) {}
    enum class State { kNew, kConnected, kDisconnected } state = State::kNew;
    Backoff backoff;
    TimePoint ready_at{};         // the end of its backoff
    TimePoint throttled_until{};  // by the node; ends with the connection
    std::uint64_t epoch = 0;      // grows each time the connection is given up
    std::size_t under_way = 0;
    std::deque<CorrelationId> waiting;  // for the end of the backoff, or of throttling

    TimePoint open_at() const { return std::max(ready_at, throttled_until); }
  };
  struct UnderWay {
    Destination to;
    std::uint64_t epoch = 0;
    TimePoint deadline;
    Handler handler;
    const char* api = "";
    std::optional<Request> request;  // while it waits to be sent
  };
  struct Outgoing {
    Destination to;
    CorrelationId correlation = 0;
    Request request;
  };
  struct Completion {
    Handler handler;
    Result<Response> result;
  };
  // What was decided under the lock, to be done without it.
  struct Work {
    std::vector<Destination> disconnect;
    std::vector<Outgoing> send;
    std::vector<Completion> complete;
    TimePoint next_timer = kNever;
  };

  Connection& connection(Destination to);
  void give_up_connection(Destination to, Connection& connection, TimePoint at, bool back_off);
  std::optional<UnderWay> remove(CorrelationId correlation);
  void collect_due(TimePoint at, Work& work);
  void collect_reply(Reply reply, TimePoint at, Work& work);
  // Fails all that was sent over what is no longer a connection.
  void collect_broken(Destination to, const Connection& connection, Work& work);
  bool run(Work& work);
  Error transport_error(const UnderWay& entry, const std::string& what) const;
  std::string text_locked(Destination to) const;

  const Settings settings_;
  const std::shared_ptr<Inbox> inbox_;
  std::vector<std::unique_ptr<Wire>> wires_;  // by channel; fixed
  mutable Mutex mutex_{"mock.client", ranks::kClient};
  std::map<NodeId, MetadataResponse::Node> nodes_;
  std::map<Destination, Connection> connections_;
  std::map<CorrelationId, UnderWay> under_way_;
  std::set<std::pair<TimePoint, CorrelationId>> time_limits_;
  CorrelationId last_correlation_ = 0;
  NodeId first_node_ = -1;
  NodeId last_picked_ = -1;
  bool is_closed_ = false;
  Atomic<int> handling_{0};  // for mutants: threads that run handlers
};

}  // namespace rookery::mock
