// direct_network.cc
//
// Whoever calls does the work, and delivers what it brought to others.
#include "mockbroker/transport/direct_network.h"

#include <algorithm>

namespace rookery::mock {

class DirectNetwork::DirectWire final : public Wire {
 public:
  DirectWire(DirectNetwork& network, WireId id, std::shared_ptr<Inbox> inbox)
      : network_(network), id_(id), inbox_(std::move(inbox)) {}
  DirectWire(const DirectWire&) = delete;
  DirectWire& operator=(const DirectWire&) = delete;
  ~DirectWire() override { network_.close(id_); }

  void send(NodeId node, RequestHeader header, Request request) override {
    network_.send(id_, inbox_, node, std::move(header), std::move(request));
  }
  void disconnect(NodeId node) override { network_.disconnect(id_, node); }

 private:
  DirectNetwork& network_;
  const WireId id_;
  const std::shared_ptr<Inbox> inbox_;
};

DirectNetwork::DirectNetwork(const ClusterOptions& options)
    : cluster_(options),
      node_count_(options.nodes),
      clock_("kafka clock", [this] { run_clock(); }) {}

DirectNetwork::~DirectNetwork() {
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    deadline_changed_.notify_all();
  }
  clock_.join();
}

std::unique_ptr<Wire> DirectNetwork::open(std::string client_id, std::shared_ptr<Inbox> inbox) {
  static_cast<void>(client_id);  // each request carries it
  WireId id;
  {
    MutexLock lock(mutex_);
    id = ++last_wire_;
  }
  return std::make_unique<DirectWire>(*this, id, std::move(inbox));
}

std::vector<NodeId> DirectNetwork::bootstrap_nodes() const {
  std::vector<NodeId> nodes;
  for (NodeId node = 0; node < node_count_; ++node) nodes.push_back(node);
  return nodes;
}

void DirectNetwork::send(WireId wire, const std::shared_ptr<Inbox>& inbox, NodeId node,
                         RequestHeader header, Request request) {
  const TimePoint at = now();
  const WallTime wall = wall_now();
  Deliveries deliveries;
  MutexLock lock(mutex_);
  if (down_.contains(node) || node < 0 || node >= node_count_) {
    lock.unlock();
    inbox->push({node, header.correlation, fail(ErrorCode::kTransport, "connection refused")});
    return;
  }
  const ConnectionId id{wire, node};
  Connection& connection = connections_[id];
  connection.inbox = inbox;
  connection.waiting.push_back({std::move(header), std::move(request)});
  handle_waiting_locked(id, at, wall);
  finish(lock, at, wall, std::move(deliveries));
}

void DirectNetwork::handle_waiting_locked(ConnectionId id, TimePoint at, WallTime wall) {
  Connection& connection = connections_[id];
  while (connection.under_way == 0 && !connection.waiting.empty()) {
    Waiting next = std::move(connection.waiting.front());
    connection.waiting.pop_front();
    const ReplyTo reply_to = ++last_reply_to_;
    const auto* produce = std::get_if<ProduceRequest>(&next.request);
    const bool is_answered = !produce || produce->acks != 0;
    if (is_answered) {
      connection.under_way = reply_to;
      connection.correlation = next.header.correlation;
    }
    asked_by_[reply_to] = {id, is_answered};
    unanswered_ += is_answered ? 0 : 1;
    cluster_.handle(at, wall, id.second, reply_to, next.header, std::move(next.request));
  }
}

void DirectNetwork::collect_replies_locked(TimePoint at, WallTime wall, Deliveries& deliveries) {
  for (;;) {
    std::vector<OutgoingReply> replies = cluster_.take_replies();
    if (replies.empty()) break;
    std::vector<ConnectionId> free;
    for (OutgoingReply& reply : replies) {
      const auto asked = asked_by_.find(reply.reply_to);
      if (asked == asked_by_.end()) continue;  // its connection is gone
      const ConnectionId id = asked->second.connection;
      Connection& connection = connections_[id];
      if (!reply.response) {
        break_locked(id, connection, reply.response.error().message, deliveries);
        continue;
      }
      asked_by_.erase(asked);
      connection.under_way = 0;
      Delivery delivery{
          id.second,
          connection.inbox,
          {id.second, connection.correlation, std::move(reply.response), reply.throttle_time}};
      const auto held = held_.find(id.second);
      (held == held_.end() ? deliveries : held->second).push_back(std::move(delivery));
      if (!connection.waiting.empty()) free.push_back(id);
    }
    for (const ConnectionId& id : free) handle_waiting_locked(id, at, wall);
  }
  if (unanswered_ == 0) return;
  std::erase_if(asked_by_, [](const auto& one) { return !one.second.is_answered; });
  unanswered_ = 0;
}

void DirectNetwork::finish(MutexLock& lock, TimePoint at, WallTime wall, Deliveries deliveries) {
  collect_replies_locked(at, wall, deliveries);
  const bool is_clock_late = cluster_.next_deadline() < clock_waits_until_;
  lock.unlock();
  if (is_clock_late) deadline_changed_.notify_all();
  for (Delivery& delivery : deliveries) delivery.inbox->push(std::move(delivery.reply));
}

void DirectNetwork::forget_locked(Connection& connection) {
  connection.waiting.clear();
  if (connection.under_way == 0) return;
  cluster_.forget(connection.under_way);
  asked_by_.erase(connection.under_way);
  connection.under_way = 0;
}

void DirectNetwork::disconnect(WireId wire, NodeId node) {
  MutexLock lock(mutex_);
  const auto found = connections_.find({wire, node});
  if (found == connections_.end()) return;
  forget_locked(found->second);
  connections_.erase(found);
}

void DirectNetwork::close(WireId wire) {
  MutexLock lock(mutex_);
  const auto first = connections_.lower_bound({wire, -1});
  auto last = first;
  for (; last != connections_.end() && last->first.first == wire; ++last) {
    forget_locked(last->second);
  }
  connections_.erase(first, last);
}

void DirectNetwork::break_locked(ConnectionId id, Connection& connection, const std::string& why,
                                 Deliveries& deliveries) {
  const auto broken = [&](CorrelationId correlation) {
    deliveries.push_back(
        {id.second, connection.inbox, {id.second, correlation, fail(ErrorCode::kTransport, why)}});
  };
  if (connection.under_way != 0) broken(connection.correlation);
  for (const Waiting& waiting : connection.waiting) broken(waiting.header.correlation);
  forget_locked(connection);
}

void DirectNetwork::break_node_locked(NodeId node, Deliveries& deliveries) {
  for (auto& [id, connection] : connections_) {
    if (id.second == node)
      break_locked(id, connection, "connection closed by the broker", deliveries);
  }
}

void DirectNetwork::with_cluster(const std::function<void(Cluster&, TimePoint, WallTime)>& action) {
  const TimePoint at = now();
  const WallTime wall = wall_now();
  MutexLock lock(mutex_);
  action(cluster_, at, wall);
  finish(lock, at, wall, {});
}

Status DirectNetwork::stop_node(NodeId node, StopMode mode) {
  const TimePoint at = now();
  const WallTime wall = wall_now();
  Deliveries deliveries;
  MutexLock lock(mutex_);
  Status stopped = cluster_.stop_node(at, node, mode);
  if (stopped) {
    down_.insert(node);
    collect_replies_locked(at, wall, deliveries);  // what it answered before
    break_node_locked(node, deliveries);
    const auto held = held_.find(node);
    if (held != held_.end()) {
      for (Delivery& lost : held->second) {
        lost.reply.response = fail(ErrorCode::kTransport, "connection closed by the broker");
        deliveries.push_back(std::move(lost));
      }
      held->second.clear();
    }
  }
  finish(lock, at, wall, std::move(deliveries));
  return stopped;
}

Status DirectNetwork::start_node(NodeId node) {
  const TimePoint at = now();
  const WallTime wall = wall_now();
  MutexLock lock(mutex_);
  Status started = cluster_.start_node(at, node);
  if (started) down_.erase(node);
  finish(lock, at, wall, {});
  return started;
}

void DirectNetwork::hold_answers(NodeId node) {
  MutexLock lock(mutex_);
  held_[node];
}

void DirectNetwork::release_answers(NodeId node) {
  const TimePoint at = now();
  const WallTime wall = wall_now();
  Deliveries deliveries;
  MutexLock lock(mutex_);
  const auto held = held_.find(node);
  if (held == held_.end()) return;
  deliveries = std::move(held->second);
  held_.erase(held);
  finish(lock, at, wall, std::move(deliveries));
}

void DirectNetwork::run_clock() {
  MutexLock lock(mutex_);
  while (!is_stopped_) {
    const TimePoint due = cluster_.next_deadline();
    clock_waits_until_ = due;
    deadline_changed_.wait_until(lock, due,
                                 [&] { return is_stopped_ || cluster_.next_deadline() < due; });
    clock_waits_until_ = TimePoint{};  // awake: nobody need notify
    if (is_stopped_) return;
    const TimePoint at = now();
    if (cluster_.next_deadline() > at) continue;
    const WallTime wall = wall_now();
    cluster_.tick(at, wall);
    finish(lock, at, wall, {});
    lock.lock();
  }
}

}  // namespace rookery::mock
