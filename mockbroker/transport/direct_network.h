// direct_network.h
//
// The network that is none: a request is handled on its caller's thread, its answer goes straight
// to the inbox. What carries the in-process Kafka on real threads.
//
// Keeps what clients can rely on with Kafka: a connection's requests are handled one after the
// other and answered in order; a stopped node breaks its connections. Throttle times are told, and
// kept by the clients: no connection is muted.
//
// Thread rules: any thread. The cluster's lock is held while it handles, never while answers are
// delivered.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/client/network.h"
#include "mockbroker/cluster/cluster.h"

namespace rookery::mock {

class DirectNetwork final : public Network {
 public:
  explicit DirectNetwork(const ClusterOptions& options);
  // All clients are gone.
  ~DirectNetwork() override;

  std::unique_ptr<Wire> open(std::string client_id, std::shared_ptr<Inbox> inbox) override;
  std::vector<NodeId> bootstrap_nodes() const override;

  // Runs `action` with the cluster, and delivers what comes of it. It must not call out.
  void with_cluster(const std::function<void(Cluster&, TimePoint, WallTime)>& action);

  // Its connections break: what is under way on them fails with kTransport.
  Status stop_node(NodeId node, StopMode mode);
  Status start_node(NodeId node);
  // A broker that does not answer: it works on, but its answers wait until they are released.
  void hold_answers(NodeId node);
  void release_answers(NodeId node);

 private:
  class DirectWire;
  using WireId = std::uint64_t;
  using ConnectionId = std::pair<WireId, NodeId>;

  struct Waiting {
    RequestHeader header;
    Request request;
  };
  struct Connection {
    std::shared_ptr<Inbox> inbox;
    std::deque<Waiting> waiting;
    ReplyTo under_way = 0;  // 0: none
    CorrelationId correlation = 0;
  };
  struct Delivery {
    NodeId node = -1;
    std::shared_ptr<Inbox> inbox;
    Reply reply;
  };
  using Deliveries = std::vector<Delivery>;

  void send(WireId wire, const std::shared_ptr<Inbox>& inbox, NodeId node, RequestHeader header,
            Request request);
  void disconnect(WireId wire, NodeId node);
  void close(WireId wire);

  void forget_locked(Connection& connection);
  void break_node_locked(NodeId node, Deliveries& deliveries);
  // Hands requests to the cluster until one waits for its answer.
  void handle_waiting_locked(ConnectionId id, TimePoint at, WallTime wall);
  // The broker closes the connection: all that is under way on it fails.
  void break_locked(ConnectionId id, Connection& connection, const std::string& why,
                    Deliveries& deliveries);
  void collect_replies_locked(TimePoint at, WallTime wall, Deliveries& deliveries);
  // Does what follows from anything that was done to the cluster, and gives the lock back.
  void finish(MutexLock& lock, TimePoint at, WallTime wall, Deliveries deliveries);
  void run_clock();

  mutable Mutex mutex_{"mock.cluster", ranks::kCluster};
  ConditionVariable deadline_changed_{"mock.cluster.deadline"};
  Cluster cluster_;
  const int node_count_;
  std::map<ConnectionId, Connection> connections_;
  struct Asked {
    ConnectionId connection;
    bool is_answered = true;  // false: acks=0, which only an error answers
  };
  std::map<ReplyTo, Asked> asked_by_;
  std::set<NodeId> down_;
  std::map<NodeId, Deliveries> held_;  // a key: the node's answers are held
  std::size_t unanswered_ = 0;         // in asked_by_
  ReplyTo last_reply_to_ = 0;
  WireId last_wire_ = 0;
  TimePoint clock_waits_until_ = kNever;
  bool is_stopped_ = false;
  Thread clock_;
};

}  // namespace rookery::mock
