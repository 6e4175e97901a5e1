// simulated_network.cc
//
// Messages on their way, in virtual time. All draws come from the tape of whoever sends.

#include "simulations/network/simulated_network.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <variant>

#include "mockbroker/protocol/error_response.h"

namespace rookery::sim {
namespace {

using mock::Request;
using mock::Response;

template <class T>
bool is(const Request& request) {
  return std::holds_alternative<T>(request);
}

Duration draw_duration(Tape& tape, Duration least, Duration spread) {
  return least + Duration(static_cast<Duration::rep>(
                     tape.draw(static_cast<std::uint64_t>(spread.count()) + 1)));
}

}  // namespace

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
    : scheduler_(*Scheduler::current()), cluster_(cluster), nodes_(nodes) {}

SimulatedNetwork::~SimulatedNetwork() = default;

std::vector<NodeId> SimulatedNetwork::bootstrap_nodes() const {
  std::vector<NodeId> all;
  for (NodeId node = 0; node < nodes_; ++node) all.push_back(node);
  return all;
}

SimulatedNetwork::Host& SimulatedNetwork::host_of(ProcessId process) {
  const auto found = hosts_.find(process);
  if (found == hosts_.end()) {
    scheduler_.fail("misuse", "process " + std::string(scheduler_.process_name(process)) +
                                  " uses the simulated network without a NetworkHost");
  }
  return *found->second;
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
    if (!has_answer) return;
    give_to_host(host, inbox, {node, correlation, fail(ErrorCode::kTransport, why)});
  };
  if (host.is_cut) return fails("the process is cut off");
  if (down_.contains(node)) {
    ++counts_.refused;
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

  Tape& tape = scheduler_.tape();
  if (tape.one_in(profile_.loss_one_in)) {
    const std::uint64_t when = tape.draw(3);
    if (when == 0) {
      ++counts_.lost_before_sending;
      const Duration latency = draw_latency();
      schedule(std::max(scheduler_.time() + latency, connection.last_arrival), connection.id,
               nullptr);
      return;
    }
    message->loss = when == 1 ? Loss::kAfterSending : Loss::kBeforeAnswer;
  }
  const Duration latency = draw_latency();
  connection.last_arrival = std::max(scheduler_.time() + latency, connection.last_arrival);
  schedule(connection.last_arrival, connection.id, std::move(message));
}

SimulatedNetwork::Connection& SimulatedNetwork::connection_of(
    Host& host, WireId wire, const std::shared_ptr<mock::Inbox>& inbox, NodeId node) {
  const auto [place, is_new] = by_wire_.try_emplace({wire, node}, last_connection_ + 1);
  if (!is_new) return connections_.at(place->second);
  ++last_connection_;
  ++counts_.connections;
  Connection& connection = connections_[last_connection_];
  connection.id = last_connection_;
  connection.host = &host;
  connection.node = node;
  connection.wire = wire;
  connection.inbox = inbox;
  // The handshake: there and back, before the first request leaves.
  const Duration there = draw_latency();
  const Duration back = draw_latency();
  connection.last_arrival = scheduler_.time() + there + back;
  return connection;
}

SimulatedNetwork::Connection* SimulatedNetwork::find(ConnectionId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
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

void SimulatedNetwork::abandon(ConnectionId id) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  // In a dead process everything was cut before.
  std::uint64_t on_their_way = 0;
  for (const auto& message : connection->messages) {
    if (message->stage == Stage::kToNode && !message->is_stalled) ++on_their_way;
  }
  std::uint64_t arriving = on_their_way == 0 ? 0 : scheduler_.tape().draw(on_their_way + 1);
  std::vector<std::shared_ptr<Message>> last;
  for (const auto& message : connection->messages) {
    if (message->stage == Stage::kAtNode) last.push_back(message);
    if (message->stage == Stage::kToNode && !message->is_stalled && arriving > 0) {
      --arriving;
      last.push_back(message);
    }
  }
  const NodeId node = connection->node;
  forget(*connection);
  // What the broker has read of a broken connection, it works at; nobody hears the answers.
  for (const auto& message : last) {
    ++counts_.requests;
    cluster_.handle(scheduler_.world_time(), scheduler_.wall_time(), node, ++last_reply_to_,
                    message->header, std::move(message->request));
    cluster_.forget(last_reply_to_);
  }
  if (!last.empty()) scheduler_.raise(changed_);
}

void SimulatedNetwork::forget(Connection& connection) {
  for (const auto& message : connection.messages) {
    if (message->stage != Stage::kHandled) continue;
    handled_.erase(message->reply_to);
    cluster_.forget(message->reply_to);
  }
  by_wire_.erase({connection.wire, connection.node});
  connections_.erase(connection.id);
}

void SimulatedNetwork::give_to_host(Host& host, const std::shared_ptr<mock::Inbox>& inbox,
                                    mock::Reply reply) {
  host.arrivals.push_back({inbox, std::move(reply)});
  scheduler_.raise(host.arrived);
}

// ---- On the way

Duration SimulatedNetwork::draw_latency() {
  Tape& tape = scheduler_.tape();
  Duration latency = draw_duration(tape, profile_.latency_least, profile_.latency_spread);
  if (tape.one_in(profile_.slow_one_in)) {
    ++counts_.slow_messages;
    latency += draw_duration(tape, Duration::zero(), profile_.slow_most);
  }
  return latency;
}

void SimulatedNetwork::schedule(TimePoint at, ConnectionId connection,
                                std::shared_ptr<Message> message) {
  due_.push(Due{at, ++last_sequence_, connection, std::move(message)});
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
    if (due.message == nullptr) {
      reset(due.connection, "the connection was lost");
    } else if (due.message->stage == Stage::kToNode) {
      arrive_at_node(*connection, *due.message);
    } else {
      arrive_at_client(*connection, due.message);
    }
    collect_replies();
  }
}

// ---- The broker's side

void SimulatedNetwork::arrive_at_node(Connection& connection, Message& message) {
  if (is_blocked(connection, Direction::kToNode)) {
    if (!message.is_stalled) ++counts_.stalled_messages;
    message.is_stalled = true;
    return;
  }
  message.stage = Stage::kAtNode;
  handle_next(connection);
}

void SimulatedNetwork::handle_next(Connection& connection) {
  const ConnectionId id = connection.id;
  for (Connection* open = &connection; open != nullptr && !open->is_handling; open = find(id)) {
    const auto next =
        std::find_if(open->messages.begin(), open->messages.end(), [](const auto& message) {
          return message->stage == Stage::kToNode || message->stage == Stage::kAtNode;
        });
    if (next == open->messages.end() || (*next)->stage != Stage::kAtNode) return;
    hand_to_cluster(*open, *next);
  }
}

std::optional<ErrorCode> SimulatedNetwork::draw_error(const Request& request) {
  Tape& tape = scheduler_.tape();
  if (!tape.one_in(profile_.error_one_in)) return std::nullopt;
  if (is<mock::ProduceRequest>(request)) {
    constexpr std::array kErrors = {ErrorCode::kNotLeaderOrFollower, ErrorCode::kNotEnoughReplicas};
    return kErrors[tape.draw(kErrors.size())];
  }
  if (is<mock::FetchRequest>(request) || is<mock::ListOffsetsRequest>(request)) {
    return ErrorCode::kNotLeaderOrFollower;
  }
  if (is<mock::FindCoordinatorRequest>(request) || is<mock::InitProducerIdRequest>(request)) {
    return ErrorCode::kCoordinatorNotAvailable;
  }
  if (is<mock::JoinGroupRequest>(request) || is<mock::SyncGroupRequest>(request) ||
      is<mock::HeartbeatRequest>(request) || is<mock::OffsetCommitRequest>(request) ||
      is<mock::OffsetFetchRequest>(request)) {
    constexpr std::array kErrors = {ErrorCode::kCoordinatorLoadInProgress,
                                    ErrorCode::kNotCoordinator,
                                    ErrorCode::kCoordinatorNotAvailable};
    return kErrors[tape.draw(kErrors.size())];
  }
  return std::nullopt;
}

void SimulatedNetwork::hand_to_cluster(Connection& connection,
                                       const std::shared_ptr<Message>& handed) {
  const std::shared_ptr<Message> message = handed;  // outlives the connection's list
  const ConnectionId id = connection.id;
  const NodeId node = connection.node;
  if (message->has_answer) {
    if (const std::optional<ErrorCode> error = draw_error(message->request)) {
      ++counts_.errors;
      message->stage = Stage::kHandled;
      answer(connection, message, mock::error_response(message->request, *error));
      return;
    }
  }
  ++counts_.requests;
  message->reply_to = ++last_reply_to_;
  message->stage = Stage::kHandled;
  if (message->has_answer) {
    connection.is_handling = true;
    handled_.emplace(message->reply_to, std::pair(id, message));
  } else {
    std::erase(connection.messages, message);
  }
  if (const auto* sync = std::get_if<mock::SyncGroupRequest>(&message->request)) {
    members_[sync->member_id] = connection.host->process;
  }
  const bool breaks = message->loss == Loss::kAfterSending;
  cluster_.handle(scheduler_.time(), scheduler_.wall_time(), node, message->reply_to,
                  message->header, std::move(message->request));
  if (breaks) {
    ++counts_.lost_after_sending;
    reset(id, "the connection was lost");
  }
}

void SimulatedNetwork::collect_replies() {
  for (std::vector<mock::OutgoingReply> replies = cluster_.take_replies(); !replies.empty();
       replies = cluster_.take_replies()) {
    for (mock::OutgoingReply& reply : replies) {
      const auto found = handled_.find(reply.reply_to);
      if (found == handled_.end()) {
        continue;  // nobody waits for it any more
      }
      const auto [id, message] = found->second;
      handled_.erase(found);
      Connection* connection = find(id);
      if (connection == nullptr) continue;
      connection->is_handling = false;
      if (!reply.response) {
        ++counts_.reset_by_broker;
        reset(id, "the broker closed the connection");
        continue;
      }
      if (const auto* join = std::get_if<mock::JoinGroupResponse>(&*reply.response)) {
        if (!join->member_id.empty()) members_[join->member_id] = connection->host->process;
      }
      answer(*connection, message, std::move(reply.response));
      if (Connection* open = find(id)) handle_next(*open);
    }
  }
}

// ---- The way back

void SimulatedNetwork::answer(Connection& connection, const std::shared_ptr<Message>& message,
                              Result<Response> response) {
  message->answer = std::make_unique<Result<Response>>(std::move(response));
  message->stage = Stage::kToClient;
  Duration latency = draw_latency();
  if (const auto delay = answer_delay_.find(connection.node);
      delay != answer_delay_.end() && delay->second > Duration::zero()) {
    ++counts_.delayed_answers;
    latency += delay->second;
  }
  connection.last_return = std::max(scheduler_.time() + latency, connection.last_return);
  schedule(connection.last_return, connection.id, message);
}

void SimulatedNetwork::arrive_at_client(Connection& connection,
                                        const std::shared_ptr<Message>& message) {
  if (is_blocked(connection, Direction::kFromNode)) {
    if (!message->is_stalled) ++counts_.stalled_messages;
    message->is_stalled = true;
    return;
  }
  if (message->loss == Loss::kBeforeAnswer) {
    ++counts_.lost_before_answer;
    return reset(connection.id, "the connection was lost");
  }
  ++counts_.answers;
  give_to_host(*connection.host, connection.inbox,
               {connection.node, message->correlation, std::move(*message->answer)});
  std::erase(connection.messages, message);
}

void SimulatedNetwork::reset(ConnectionId id, const char* why) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  Host& host = *connection->host;
  const std::shared_ptr<mock::Inbox> inbox = connection->inbox;
  const NodeId node = connection->node;
  const auto unanswered = connection->messages;
  forget(*connection);
  for (const auto& message : unanswered) {
    if (!message->has_answer) continue;
    give_to_host(host, inbox, {node, message->correlation, fail(ErrorCode::kTransport, why)});
  }
}

// ---- Trouble

void SimulatedNetwork::set_profile(const NetworkProfile& profile) {
  const Uninterrupted scope;
  profile_ = profile;
}

NetworkProfile SimulatedNetwork::profile() const {
  const Uninterrupted scope;
  return profile_;
}

void SimulatedNetwork::delay_answers(NodeId node, Duration delay) {
  const Uninterrupted scope;
  answer_delay_[node] = delay;
}

bool SimulatedNetwork::is_up(NodeId node) const {
  const Uninterrupted scope;
  return !down_.contains(node);
}

NetworkCounts SimulatedNetwork::counts() const {
  const Uninterrupted scope;
  return counts_;
}

void SimulatedNetwork::stop_node(NodeId node, mock::StopMode mode) {
  const Uninterrupted scope;
  if (!down_.insert(node).second) return;
  std::vector<ConnectionId> broken;
  for (const auto& [id, connection] : connections_) {
    if (connection.node == node) broken.push_back(id);
  }
  for (const ConnectionId id : broken) {
    ++counts_.reset_by_broker;
    reset(id, "the broker went down");
  }
  const Status stopped = cluster_.stop_node(scheduler_.time(), node, mode);
  if (!stopped) scheduler_.fail("misuse", stopped.error().text());
  scheduler_.raise(changed_);
}

void SimulatedNetwork::start_node(NodeId node) {
  const Uninterrupted scope;
  if (down_.erase(node) == 0) return;
  const Status started = cluster_.start_node(scheduler_.time(), node);
  if (!started) scheduler_.fail("misuse", started.error().text());
  scheduler_.raise(changed_);
}

void SimulatedNetwork::block(const Link& link) {
  const Uninterrupted scope;
  blocked_.insert(link);
}

void SimulatedNetwork::unblock(const Link& link) {
  const Uninterrupted scope;
  if (blocked_.erase(link) == 0) return;
  const Stage stage = link.direction == Direction::kToNode ? Stage::kToNode : Stage::kToClient;
  for (auto& [id, connection] : connections_) {
    if (connection.host->process != link.process || connection.node != link.node) continue;
    for (const auto& message : connection.messages) {
      if (!message->is_stalled || message->stage != stage) continue;
      message->is_stalled = false;
      const Duration latency = draw_latency();
      TimePoint& last = stage == Stage::kToNode ? connection.last_arrival : connection.last_return;
      last = std::max(scheduler_.time() + latency, last);
      schedule(last, id, message);
    }
  }
}

void SimulatedNetwork::cut(ProcessId process) {
  const Uninterrupted scope;
  const auto found = hosts_.find(process);
  if (found == hosts_.end()) return;
  Host& host = *found->second;
  host.is_cut = true;
  std::vector<ConnectionId> open;
  for (const auto& [id, connection] : connections_) {
    if (connection.host == &host) open.push_back(id);
  }
  // Its clients hear nothing but failures from now on.
  for (const ConnectionId id : open) {
    std::vector<std::pair<mock::CorrelationId, bool>> waiting;
    const Connection& connection = connections_.at(id);
    for (const auto& message : connection.messages) {
      waiting.emplace_back(message->correlation, message->has_answer);
    }
    const std::shared_ptr<mock::Inbox> inbox = connection.inbox;
    const NodeId node = connection.node;
    abandon(id);
    for (const auto& [correlation, has_answer] : waiting) {
      if (!has_answer) continue;
      give_to_host(host, inbox,
                   {node, correlation, fail(ErrorCode::kTransport, "the process is cut off")});
    }
  }
}

void SimulatedNetwork::with_cluster(const std::function<void(mock::Cluster&, TimePoint)>& work) {
  const Uninterrupted scope;
  work(cluster_, scheduler_.time());
  scheduler_.raise(changed_);
}

ProcessId SimulatedNetwork::process_of_member(const std::string& member_id) const {
  const auto found = members_.find(member_id);
  return found == members_.end() ? kNobody : found->second;
}

// ---- A process's place

std::optional<SimulatedNetwork::Host::Arrival> SimulatedNetwork::Host::next() {
  const Uninterrupted scope;
  if (arrivals.empty()) return std::nullopt;
  Arrival first = std::move(arrivals.front());
  arrivals.pop_front();
  return first;
}

SimulatedNetwork::Host& SimulatedNetwork::add_host() {
  const Uninterrupted scope;
  const ProcessId process = scheduler_.current_process();
  std::unique_ptr<Host>& host = hosts_[process];
  if (host != nullptr) scheduler_.fail("misuse", "a process has one NetworkHost");
  host = std::make_unique<Host>(process);
  // Killed before it ran at all: what its ghost does must reach nobody.
  host->is_cut = scheduler_.current_process_is_dead();
  return *host;
}

NetworkHost::NetworkHost(SimulatedNetwork& network)
    : host_(network.add_host()), receiver_("network", [&network, this] {
        for (;;) {
          network.scheduler_.wait_for_signal(host_.arrived, kNever);
          while (std::optional<SimulatedNetwork::Host::Arrival> arrival = host_.next()) {
            arrival->inbox->push(std::move(arrival->reply));
          }
          const Uninterrupted scope;
          if (host_.is_stopping && host_.arrivals.empty()) return;
        }
      }) {}

NetworkHost::~NetworkHost() {
  {
    const Uninterrupted scope;
    host_.is_stopping = true;
    Scheduler::current()->raise(host_.arrived);
  }
  receiver_.join();
}

}  // namespace rookery::sim
