// trouble.cc
//
// What is done to the network and its nodes.

#include <utility>

#include "simulations/network/simulated_network.h"

namespace rookery::sim {

void SimulatedNetwork::set_profile(const NetworkProfile& profile) {
  const Uninterrupted scope;
  conditions_.profile = profile;
}

NetworkProfile SimulatedNetwork::profile() const {
  const Uninterrupted scope;
  return conditions_.profile;
}

void SimulatedNetwork::delay_answers(NodeId node, Duration delay) {
  const Uninterrupted scope;
  conditions_.answer_delay[node] = delay;
}

bool SimulatedNetwork::is_up(NodeId node) const {
  const Uninterrupted scope;
  return !conditions_.down.contains(node);
}

NetworkCounts SimulatedNetwork::counts() const {
  const Uninterrupted scope;
  return conditions_.counts;
}

void SimulatedNetwork::stop_node(NodeId node, mock::StopMode mode) {
  const Uninterrupted scope;
  if (!conditions_.down.insert(node).second) return;
  const auto broken = connections_with([&](const Connection& one) { return one.node == node; });
  for (const ConnectionId id : broken) {
    ++conditions_.counts.reset_by_broker;
    reset(id, "the broker went down");
  }
  const Status stopped = cluster_.stop_node(scheduler_.time(), node, mode);
  if (!stopped) scheduler_.fail("misuse", stopped.error().text());
  scheduler_.raise(changed_);
}

void SimulatedNetwork::start_node(NodeId node) {
  const Uninterrupted scope;
  if (conditions_.down.erase(node) == 0) return;
  const Status started = cluster_.start_node(scheduler_.time(), node);
  if (!started) scheduler_.fail("misuse", started.error().text());
  scheduler_.raise(changed_);
}

void SimulatedNetwork::pause_node(NodeId node) {
  const Uninterrupted scope;
  conditions_.paused.insert(node);
}

void SimulatedNetwork::resume_node(NodeId node) {
  const Uninterrupted scope;
  if (conditions_.paused.erase(node) == 0) return;
  // Answers first: what they free is handled next. Those of other paused nodes come back.
  for (mock::OutgoingReply& reply : std::exchange(replies_of_paused_, {})) {
    take_reply(std::move(reply));
  }
  for (const ConnectionId id :
       connections_with([&](const Connection& one) { return one.node == node; })) {
    if (Connection* connection = find(id)) handle_next(*connection);
  }
  scheduler_.raise(changed_);
}

bool SimulatedNetwork::is_paused(NodeId node) const {
  const Uninterrupted scope;
  return conditions_.paused.contains(node);
}

void SimulatedNetwork::change_wall_clock(NodeId node,
                                         const std::function<void(WallClock&)>& change) {
  const Uninterrupted scope;
  change(conditions_.wall_clock(node));
}

void SimulatedNetwork::block(const Link& link) {
  const Uninterrupted scope;
  conditions_.block(link);
}

void SimulatedNetwork::unblock(const Link& link) {
  const Uninterrupted scope;
  if (!conditions_.unblock(link)) return;
  const MessageStage stage =
      link.direction == Direction::kToNode ? MessageStage::kToNode : MessageStage::kToClient;
  for (auto& [id, connection] : connections_) {
    const ProcessId process = connection.host->process;
    if (connection.node != link.node) continue;
    if (link.process != kAnyProcess && link.process != process) continue;
    if (conditions_.is_blocked(process, link.node, link.direction)) continue;
    go_on(connection, stage);
  }
}

std::uint64_t SimulatedNetwork::stalled_on(const Link& link) const {
  const Uninterrupted scope;
  return conditions_.stalled_on(link);
}

void SimulatedNetwork::release_held_answers() {
  const Uninterrupted scope;
  for (auto& [id, connection] : connections_) {
    if (!connection.holds_answers) continue;
    connection.holds_answers = false;
    for (const auto& message : connection.messages) message->fate = AnswerFate::kComes;
    go_on(connection, MessageStage::kToClient);
  }
}

void SimulatedNetwork::close_silent_connections() {
  const Uninterrupted scope;
  for (const ConnectionId id :
       connections_with([](const Connection& one) { return one.is_silent; })) {
    reset(id, "the broker closed the connection");
  }
}

void SimulatedNetwork::break_connections() {
  const Uninterrupted scope;
  for (const ConnectionId id : connections_with([](const Connection&) { return true; })) {
    reset(id, "the connection broke");
  }
}

void SimulatedNetwork::cut(ProcessId process) {
  const Uninterrupted scope;
  const auto found = hosts_.find(process);
  if (found == hosts_.end()) return;
  Host& host = *found->second;
  host.is_cut = true;
  // Its clients hear nothing but failures from now on.
  for (const ConnectionId id :
       connections_with([&](const Connection& one) { return one.host == &host; })) {
    const Connection& connection = connections_.at(id);
    const auto waiting = connection.messages;
    const std::shared_ptr<mock::Inbox> inbox = connection.inbox;
    const NodeId node = connection.node;
    abandon(id);
    for (const auto& message : waiting) {
      if (!message->has_answer) continue;
      host.take(inbox, {node, message->correlation,
                        fail(ErrorCode::kTransport, "the process is cut off")});
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

}  // namespace rookery::sim
