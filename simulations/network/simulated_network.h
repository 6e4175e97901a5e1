// simulated_network.h
//
// The network between simulated processes and an in-process Kafka cluster: latency, loss,
// partitions, and the fiber on which the cluster itself runs.
//
//   SimulatedNetwork network(cluster);
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
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "mockbroker/client/network.h"
#include "mockbroker/cluster/cluster.h"
#include "simulations/network/profile.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

enum class Direction : std::uint8_t { kToNode, kFromNode };

struct Link {
  ProcessId process = kWorld;
  NodeId node = -1;
  Direction direction = Direction::kToNode;

  friend auto operator<=>(const Link&, const Link&) = default;
};

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

  // --- Trouble; on fibers of the world.

  void set_profile(const NetworkProfile& profile);
  NetworkProfile profile() const;
  // Answers of the node take so much longer; zero: no longer.
  void delay_answers(NodeId node, Duration delay);
  // All connections to the node break, and it refuses new ones, until it starts.
  void stop_node(NodeId node, mock::StopMode mode);
  void start_node(NodeId node);
  bool is_up(NodeId node) const;
  // Messages on the link wait until it is unblocked. Both may be repeated.
  void block(const Link& link);
  void unblock(const Link& link);
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

  using ConnectionId = std::uint64_t;
  using WireId = std::uint64_t;

  // A process's side: answers wait here for the process's own fiber, so that a paused process holds
  // nobody up.
  struct Host {
    explicit Host(ProcessId of) : process(of) {}
    ProcessId process;
    bool is_cut = false;
    bool is_stopping = false;
    struct Arrival {
      std::shared_ptr<mock::Inbox> inbox;
      mock::Reply reply;
    };
    std::deque<Arrival> arrivals;
    std::optional<Arrival> next();
    Signal arrived{"network.arrived"};
  };

  enum class Stage : std::uint8_t { kToNode, kAtNode, kHandled, kToClient };
  // By which accident a request's connection is to break.
  enum class Loss : std::uint8_t { kNo, kAfterSending, kBeforeAnswer };
  struct Message {
    mock::CorrelationId correlation = 0;
    mock::RequestHeader header;
    mock::Request request;
    std::unique_ptr<Result<mock::Response>> answer;
    mock::ReplyTo reply_to = 0;
    Stage stage = Stage::kToNode;
    Loss loss = Loss::kNo;
    bool has_answer = true;  // false: acks=0
    bool is_stalled = false;
  };
  struct Connection {
    ConnectionId id = 0;
    Host* host = nullptr;
    NodeId node = -1;
    WireId wire = 0;
    std::shared_ptr<mock::Inbox> inbox;
    std::deque<std::shared_ptr<Message>> messages;  // unanswered, in the order they were sent
    TimePoint last_arrival{};                       // at the node
    TimePoint last_return{};                        // at the client
    bool is_handling = false;
  };
  struct Due {
    TimePoint at;
    std::uint64_t sequence = 0;
    ConnectionId connection = 0;
    std::shared_ptr<Message> message;  // null: the connection breaks
    friend bool operator>(const Due& a, const Due& b) {
      return std::tie(a.at, a.sequence) > std::tie(b.at, b.sequence);
    }
  };

  void send(Host& host, WireId wire, const std::shared_ptr<mock::Inbox>& inbox, NodeId node,
            mock::RequestHeader header, mock::Request request);
  void disconnect(WireId wire, NodeId node);
  void close_wire(WireId wire);

  Connection& connection_of(Host& host, WireId wire, const std::shared_ptr<mock::Inbox>& inbox,
                            NodeId node);
  Connection* find(ConnectionId id);
  Duration draw_latency();
  void schedule(TimePoint at, ConnectionId connection, std::shared_ptr<Message> message);
  void deliver_due(TimePoint until);
  void arrive_at_node(Connection& connection, Message& message);
  void handle_next(Connection& connection);
  void hand_to_cluster(Connection& connection, const std::shared_ptr<Message>& message);
  void collect_replies();
  void answer(Connection& connection, const std::shared_ptr<Message>& message,
              Result<mock::Response> response);
  void arrive_at_client(Connection& connection, const std::shared_ptr<Message>& message);
  void give_to_host(Host& host, const std::shared_ptr<mock::Inbox>& inbox, mock::Reply reply);
  // All that is unanswered gets kTransport.
  void reset(ConnectionId id, const char* why);
  // The client's side is gone: the broker gets a part of what was on its way.
  void abandon(ConnectionId id);
  void forget(Connection& connection);
  bool is_blocked(const Connection& connection, Direction direction) const {
    return !blocked_.empty() &&
           blocked_.contains({connection.host->process, connection.node, direction});
  }
  std::optional<ErrorCode> draw_error(const mock::Request& request);
  Host& host_of(ProcessId process);
  Host& add_host();

  Scheduler& scheduler_;
  mock::Cluster& cluster_;
  const int nodes_;
  NetworkProfile profile_;
  std::map<NodeId, Duration> answer_delay_;
  std::set<NodeId> down_;
  std::set<Link> blocked_;
  std::map<ProcessId, std::unique_ptr<Host>> hosts_;
  std::map<ConnectionId, Connection> connections_;
  std::map<std::pair<WireId, NodeId>, ConnectionId> by_wire_;
  std::map<mock::ReplyTo, std::pair<ConnectionId, std::shared_ptr<Message>>> handled_;
  std::map<std::string, ProcessId> members_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  Signal changed_{"network.changed"};
  TimePoint sleeps_until_ = kNever;
  bool is_stopping_ = false;
  WireId last_wire_ = 0;
  ConnectionId last_connection_ = 0;
  mock::ReplyTo last_reply_to_ = 0;
  std::uint64_t last_sequence_ = 0;
  NetworkCounts counts_;
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
  SimulatedNetwork::Host& host_;
  Thread receiver_;
};

}  // namespace rookery::sim
