// simulated_network.cc
//
// The client's side, and the fiber that moves messages in virtual time.

#include "simulations/network/simulated_network.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace rookery::sim {

using mock::Request;

class SimulatedNetwork::SimulatedWire final : public mock::Wire {
 public:
  SimulatedWire(SimulatedNetwork& network, Host& host, WireId id,
                std::shared_ptr<mock::Inbox> inbox)
      : network_(network), host_(host), id_(id), inbox_(std::move(inbox)) {}
  ~SimulatedWire() override { network_.close_wire(id_); }

  void send(NodeId node, mock::RequestHeader header, Request request) override {
    network_.send(host_, id_, inbox_, node, std::move(header), std::move(request));
  }
  void disconnect(NodeId node) override { network_.disconnect(id_, node); }

 private:
  SimulatedNetwork& network_;
  Host& host_;
  const WireId id_;
  const std::shared_ptr<mock::Inbox> inbox_;
};

SimulatedNetwork::SimulatedNetwork(mock::Cluster& cluster, int nodes)
    : scheduler_(*Scheduler::current()),
      cluster_(cluster),
      nodes_(nodes),
      conditions_(scheduler_) {}

SimulatedNetwork::~SimulatedNetwork() = default;

std::vector<NodeId> SimulatedNetwork::bootstrap_nodes() const {
  std::vector<NodeId> all;
  for (NodeId node = 0; node < nodes_; ++node) all.push_back(node);
  return all;
}

std::unique_ptr<mock::Wire> SimulatedNetwork::open(std::string /*client_id*/,
                                                   std::shared_ptr<mock::Inbox> inbox) {
  const Uninterrupted scope;
  Host& host = host_of(scheduler_.current_process());
  return std::make_unique<SimulatedWire>(*this, host, ++last_wire_, std::move(inbox));
}

// ---- The client's side

void SimulatedNetwork::send(Host& host, WireId wire, const std::shared_ptr<mock::Inbox>& inbox,
                            NodeId node, mock::RequestHeader header, Request request) {
  const Uninterrupted scope;
  const mock::CorrelationId correlation = header.correlation;
  const auto* produce = std::get_if<mock::ProduceRequest>(&request);
  const bool has_answer = produce == nullptr || produce->acks != 0;
  const auto fails = [&](const char* why) {
    if (has_answer) host.take(inbox, {node, correlation, fail(ErrorCode::kTransport, why)});
  };
  if (host.is_cut) return fails("the process is cut off");
  if (conditions_.down.contains(node)) {
    ++conditions_.counts.refused;
    // Nothing is on the way: the refusal comes at once, and the client's backoff paces it.
    return fails("connection refused");
  }
  Connection& connection = connection_of(host, wire, inbox, node);
  auto message = std::make_shared<Message>();
  message->correlation = correlation;
  message->header = std::move(header);
  message->has_answer = has_answer;
  message->request = std::move(request);
  connection.messages.push_back(message);

  message->loss = conditions_.draw_loss();
  const TimePoint arrives = scheduler_.time() + conditions_.draw_latency();
  if (message->loss == Loss::kBeforeSending) {
    ++conditions_.counts.lost_before_sending;
    schedule(std::max(arrives, connection.last_arrival), connection.id, Due::What::kBreak);
    return;
  }
  connection.last_arrival = std::max(arrives, connection.last_arrival);
  schedule(connection.last_arrival, connection.id, Due::What::kMessage, std::move(message));
}

Connection& SimulatedNetwork::connection_of(Host& host, WireId wire,
                                            const std::shared_ptr<mock::Inbox>& inbox,
                                            NodeId node) {
  const auto [place, is_new] = by_wire_.try_emplace({wire, node}, last_connection_ + 1);
  if (!is_new) return connections_.at(place->second);
  ++last_connection_;
  ++conditions_.counts.connections;
  Connection& connection = connections_[last_connection_];
  connection.id = last_connection_;
  connection.host = &host;
  connection.node = node;
  connection.wire = wire;
  connection.inbox = inbox;
  // The handshake: there and back, before the first request leaves.
  const Duration there = conditions_.draw_latency();
  const Duration back = conditions_.draw_latency();
  connection.last_arrival = scheduler_.time() + there + back;
  return connection;
}

void SimulatedNetwork::disconnect(WireId wire, NodeId node) {
  const Uninterrupted scope;
  const auto found = by_wire_.find({wire, node});
  if (found != by_wire_.end()) abandon(found->second);
}

void SimulatedNetwork::close_wire(WireId wire) {
  const Uninterrupted scope;
  std::vector<ConnectionId> open;
  for (auto it = by_wire_.lower_bound({wire, -1}); it != by_wire_.end() && it->first.first == wire;
       ++it) {
    open.push_back(it->second);
  }
  for (const ConnectionId id : open) abandon(id);
}

// ---- On the way

void SimulatedNetwork::schedule(TimePoint at, ConnectionId connection, Due::What what,
                                std::shared_ptr<Message> message) {
  due_.push({at, ++last_sequence_, connection, what, std::move(message)});
  if (at < sleeps_until_) {
    sleeps_until_ = at;
    scheduler_.raise(changed_);
  }
}

void SimulatedNetwork::run() {
  for (;;) {
    TimePoint next;
    {
      const Uninterrupted scope;
      if (is_stopping_) return;
      next = cluster_.next_deadline();
      if (!due_.empty()) next = std::min(next, due_.top().at);
      sleeps_until_ = next;
    }
    scheduler_.wait_for_signal(changed_, next);
    const Uninterrupted scope;
    const TimePoint time = scheduler_.time();
    deliver_due(time);
    if (cluster_.next_deadline() <= time) cluster_.tick(time, scheduler_.wall_time());
    collect_replies();
  }
}

void SimulatedNetwork::stop() {
  const Uninterrupted scope;
  is_stopping_ = true;
  scheduler_.raise(changed_);
}

void SimulatedNetwork::deliver_due(TimePoint until) {
  while (!due_.empty() && due_.top().at <= until) {
    const Due due = due_.top();
    due_.pop();
    Connection* connection = find(due.connection);
    if (connection == nullptr) continue;
    if (due.what == Due::What::kBreak) {
      reset(due.connection, "the connection was lost");
    } else if (due.what == Due::What::kUnmute) {
      handle_next(*connection);
    } else if (due.message->stage == MessageStage::kToNode) {
      arrive_at_node(*connection, *due.message);
    } else {
      arrive_at_client(*connection, due.message);
    }
    collect_replies();
  }
}

}  // namespace rookery::sim
