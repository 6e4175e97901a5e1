// simulated_network.h
//
// The network between simulated processes and an in-process Kafka cluster: latency, loss,
// partitions, and the fiber on which the cluster itself runs.
//
//   SimulatedNetwork network(cluster, nodes);
//   Thread kafka("kafka", [&] { network.run(); });
//   scheduler.spawn_process("server-1", [&] {
//     NetworkHost host(network);                 // before anything that opens a wire
//     auto transport = make_mock_transport(network, {});
//     ...
//   });
//   network.block({.process = server, .node = 2, .direction = Direction::kToNode});
//   ...
//   network.stop();  kafka.join();
//
// A connection keeps the order of its messages, in each direction; a broker works at one request of
// a connection at a time, as Kafka does. A message that meets a blocked link waits until the link
// is free. When a client closes a connection, or its process dies, the broker has received some of
// what was under way (a prefix), and nothing arrives later.
//
// Thread rules: everything on fibers of one scheduler; what changes the network or the cluster is
// done in Uninterrupted scopes. Must outlive the processes.
#pragma once

#include <rookery/runtime/thread.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/client/network.h"
#include "mockbroker/cluster/cluster.h"
#include "simulations/network/conditions.h"
#include "simulations/network/connection.h"
#include "simulations/network/link.h"
#include "simulations/network/profile.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

class SimulatedNetwork final : public mock::Network {
 public:
  SimulatedNetwork(mock::Cluster& cluster, int nodes);
  SimulatedNetwork(const SimulatedNetwork&) = delete;
  SimulatedNetwork& operator=(const SimulatedNetwork&) = delete;
  ~SimulatedNetwork() override;

  // Moves messages and the cluster's time until stop(). One fiber of the world's.
  void run();
  void stop();

  // mock::Network. In a process that has a NetworkHost.
  std::unique_ptr<mock::Wire> open(std::string client_id,
                                   std::shared_ptr<mock::Inbox> inbox) override;
  std::vector<NodeId> bootstrap_nodes() const override;

  // --- Trouble (trouble.cc); on fibers of the world.

  void set_profile(const NetworkProfile& profile);
  NetworkProfile profile() const;
  // Answers of the node take so much longer; zero: no longer.
  void delay_answers(NodeId node, Duration delay);
  // All connections to the node break, and it refuses new ones, until it starts.
  void stop_node(NodeId node, mock::StopMode mode);
  void start_node(NodeId node);
  bool is_up(NodeId node) const;
  // The node's process stands still: it accepts connections and reads nothing, and what it was
  // about to answer waits. Timers of the cluster that it keeps go on: they would fire at once when
  // it wakes. Both may be repeated.
  void pause_node(NodeId node);
  void resume_node(NodeId node);
  bool is_paused(NodeId node) const;
  // What the node takes for the time of day: timestamps of records, where brokers set them.
  void change_wall_clock(NodeId node, const std::function<void(WallClock&)>& change);
  // Messages on the link wait until it is unblocked. Both may be repeated.
  void block(const Link& link);
  void unblock(const Link& link);
  // How many messages have met a block of just this link.
  std::uint64_t stalled_on(const Link& link) const;
  // Held answers, and what waits behind them, go on their way.
  void release_held_answers();
  // Connections of which an answer was swallowed break.
  void close_silent_connections();
  // All that are open, at rest or not.
  void break_connections();
  // The process is about to be killed: it reaches nobody any more, for ever.
  void cut(ProcessId process);

  // Work on the cluster (moves of leaders, questions) from any fiber: answers go out afterwards.
  void with_cluster(const std::function<void(mock::Cluster&, TimePoint)>& work);

  // The process that a group's member lives in; kNobody when unknown.
  static constexpr ProcessId kNobody = UINT32_MAX;
  ProcessId process_of_member(const std::string& member_id) const;

  NetworkCounts counts() const;

 private:
  friend class NetworkHost;
  class SimulatedWire;

  // The client's side (simulated_network.cc).
  void send(Host& host, WireId wire, const std::shared_ptr<mock::Inbox>& inbox, NodeId node,
            mock::RequestHeader header, mock::Request request);
  void disconnect(WireId wire, NodeId node);
  void close_wire(WireId wire);
  Connection& connection_of(Host& host, WireId wire, const std::shared_ptr<mock::Inbox>& inbox,
                            NodeId node);
  void schedule(TimePoint at, ConnectionId connection, Due::What what,
                std::shared_ptr<Message> message = nullptr);
  void deliver_due(TimePoint until);
  Host& host_of(ProcessId process);
  Host& add_host();

  // The life of a connection and its messages (conversations.cc).
  Connection* find(ConnectionId id);
  void arrive_at_node(Connection& connection, Message& message);
  void handle_next(Connection& connection);
  void hand_to_cluster(Connection& connection, const std::shared_ptr<Message>& message);
  void collect_replies();
  void take_reply(mock::OutgoingReply reply);
  void answer(Connection& connection, const std::shared_ptr<Message>& message,
              Result<mock::Response> response, Duration throttle_time = {});
  void mute(Connection& connection, Duration muted);
  void arrive_at_client(Connection& connection, const std::shared_ptr<Message>& message);
  bool is_kept_back(Connection& connection, Message& message);
  // Messages of this stage that were stalled go on.
  void go_on(Connection& connection, MessageStage stage);
  // All that is unanswered gets kTransport.
  void reset(ConnectionId id, const char* why);
  // The client's side is gone: the broker gets a part of what was on its way.
  void abandon(ConnectionId id);
  void forget(Connection& connection);
  std::vector<ConnectionId> connections_with(const std::function<bool(const Connection&)>& is_one);

  Scheduler& scheduler_;
  mock::Cluster& cluster_;
  const int nodes_;
  Conditions conditions_;
  std::map<ProcessId, std::unique_ptr<Host>> hosts_;
  std::map<ConnectionId, Connection> connections_;
  std::map<std::pair<WireId, NodeId>, ConnectionId> by_wire_;
  std::map<mock::ReplyTo, std::pair<ConnectionId, std::shared_ptr<Message>>> handled_;
  std::vector<mock::OutgoingReply> replies_of_paused_;
  std::map<std::string, ProcessId> members_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  Signal changed_{"network.changed"};
  TimePoint sleeps_until_ = kNever;
  bool is_stopping_ = false;
  WireId last_wire_ = 0;
  ConnectionId last_connection_ = 0;
  mock::ReplyTo last_reply_to_ = 0;
  std::uint64_t last_sequence_ = 0;
};

// A process's place on the network: hands answers to its clients. Lives in the process's first
// fiber, around everything that uses the network.
class NetworkHost {
 public:
  explicit NetworkHost(SimulatedNetwork& network);
  NetworkHost(const NetworkHost&) = delete;
  NetworkHost& operator=(const NetworkHost&) = delete;
  ~NetworkHost();

 private:
  Host& host_;
  Thread receiver_;
};

}  // namespace rookery::sim
