// conversations.cc
//
// Connections and what is said over them: the broker's side, the way back, and the end.

#include <algorithm>
#include <utility>
#include <variant>

#include "mockbroker/protocol/error_response.h"
#include "simulations/network/simulated_network.h"

namespace rookery::sim {

using mock::Response;

Connection* SimulatedNetwork::find(ConnectionId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
}

std::vector<ConnectionId> SimulatedNetwork::connections_with(
    const std::function<bool(const Connection&)>& is_one) {
  std::vector<ConnectionId> found;
  for (const auto& [id, connection] : connections_) {
    if (is_one(connection)) found.push_back(id);
  }
  return found;
}

// ---- The broker's side

void SimulatedNetwork::arrive_at_node(Connection& connection, Message& message) {
  const ProcessId process = connection.host->process;
  if (conditions_.is_blocked(process, connection.node, Direction::kToNode)) {
    if (!message.is_stalled) {
      conditions_.note_stalled(process, connection.node, Direction::kToNode);
    }
    message.is_stalled = true;
    return;
  }
  message.stage = MessageStage::kAtNode;
  if (conditions_.paused.contains(connection.node)) ++conditions_.counts.paused_requests;
  handle_next(connection);
}

void SimulatedNetwork::handle_next(Connection& connection) {
  const ConnectionId id = connection.id;
  for (Connection* open = &connection; open != nullptr && !open->is_handling; open = find(id)) {
    if (conditions_.paused.contains(open->node)) return;
    if (open->muted_until > scheduler_.time()) return;  // comes back when it is over
    const auto next =
        std::find_if(open->messages.begin(), open->messages.end(), [](const auto& message) {
          return message->stage == MessageStage::kToNode || message->stage == MessageStage::kAtNode;
        });
    if (next == open->messages.end() || (*next)->stage != MessageStage::kAtNode) return;
    hand_to_cluster(*open, *next);
  }
}

void SimulatedNetwork::hand_to_cluster(Connection& connection,
                                       const std::shared_ptr<Message>& handed) {
  const std::shared_ptr<Message> message = handed;  // outlives the connection's list
  const ConnectionId id = connection.id;
  const NodeId node = connection.node;
  if (message->has_answer) {
    if (const std::optional<ErrorCode> error = conditions_.draw_error(message->request)) {
      message->stage = MessageStage::kHandled;
      answer(connection, message, mock::error_response(message->request, *error));
      return;
    }
  }
  ++conditions_.counts.requests;
  message->reply_to = ++last_reply_to_;
  message->stage = MessageStage::kHandled;
  handled_.emplace(message->reply_to, std::pair(id, message));
  if (message->has_answer) {
    connection.is_handling = true;
  } else {
    std::erase(connection.messages, message);
  }
  if (const auto* sync = std::get_if<mock::SyncGroupRequest>(&message->request)) {
    members_[sync->member_id] = connection.host->process;
  }
  const TimePoint now = scheduler_.time();
  cluster_.handle(now, conditions_.wall_time(node, now), node, message->reply_to, message->header,
                  std::move(message->request));
  if (!message->has_answer) {
    // Nothing comes back, unless it has failed: then the broker closes the connection at once.
    collect_replies();
    handled_.erase(message->reply_to);
  }
  if (message->loss == Loss::kAfterSending && find(id) != nullptr) {
    ++conditions_.counts.lost_after_sending;
    reset(id, "the connection was lost");
  }
}

void SimulatedNetwork::collect_replies() {
  for (std::vector<mock::OutgoingReply> replies = cluster_.take_replies(); !replies.empty();
       replies = cluster_.take_replies()) {
    for (mock::OutgoingReply& reply : replies) take_reply(std::move(reply));
  }
}

void SimulatedNetwork::take_reply(mock::OutgoingReply reply) {
  const auto found = handled_.find(reply.reply_to);
  if (found == handled_.end()) return;  // nobody waits for it any more
  const auto [id, message] = found->second;
  Connection* connection = find(id);
  if (connection != nullptr && conditions_.paused.contains(connection->node)) {
    replies_of_paused_.push_back(std::move(reply));
    return;
  }
  handled_.erase(found);
  if (connection == nullptr) return;
  connection->is_handling = false;
  if (!reply.response) {
    ++conditions_.counts.reset_by_broker;
    reset(id, "the broker closed the connection");
    return;
  }
  if (!message->has_answer) return;
  if (const auto* join = std::get_if<mock::JoinGroupResponse>(&*reply.response)) {
    if (!join->member_id.empty()) members_[join->member_id] = connection->host->process;
  }
  answer(*connection, message, std::move(reply.response), reply.throttle_time);
  if (Connection* open = find(id)) handle_next(*open);
}

// ---- The way back

void SimulatedNetwork::answer(Connection& connection, const std::shared_ptr<Message>& message,
                              Result<Response> response, Duration throttle_time) {
  message->answer = std::make_unique<Result<Response>>(std::move(response));
  message->stage = MessageStage::kToClient;
  message->fate = conditions_.draw_fate();
  const TimePoint returns = scheduler_.time() + conditions_.draw_answer_latency(connection.node);
  connection.last_return = std::max(returns, connection.last_return);
  message->throttle_time = std::max(throttle_time, conditions_.draw_throttling());
  if (message->throttle_time > Duration::zero()) mute(connection, message->throttle_time);
  schedule(connection.last_return, connection.id, Due::What::kMessage, message);
}

void SimulatedNetwork::mute(Connection& connection, Duration muted) {
  ++conditions_.counts.throttled;
  connection.muted_until = std::max(connection.muted_until, scheduler_.time() + muted);
  schedule(connection.muted_until, connection.id, Due::What::kUnmute);
}

// Whether the answer waits on its way, for something other than time.
bool SimulatedNetwork::is_kept_back(Connection& connection, Message& message) {
  const ProcessId process = connection.host->process;
  if (conditions_.is_blocked(process, connection.node, Direction::kFromNode)) {
    if (!message.is_stalled) {
      conditions_.note_stalled(process, connection.node, Direction::kFromNode);
    }
    return true;
  }
  if (message.fate == AnswerFate::kIsSwallowed && !connection.is_silent) {
    ++conditions_.counts.swallowed_answers;
    connection.is_silent = true;
  }
  if (message.fate == AnswerFate::kIsHeld && !connection.holds_answers) {
    ++conditions_.counts.held_answers;
    connection.holds_answers = true;
  }
  return connection.is_silent || connection.holds_answers;
}

void SimulatedNetwork::arrive_at_client(Connection& connection,
                                        const std::shared_ptr<Message>& message) {
  if (is_kept_back(connection, *message)) {
    message->is_stalled = true;
    return;
  }
  if (message->loss == Loss::kBeforeAnswer) {
    ++conditions_.counts.lost_before_answer;
    return reset(connection.id, "the connection was lost");
  }
  ++conditions_.counts.answers;
  connection.host->take(connection.inbox, {connection.node, message->correlation,
                                           std::move(*message->answer), message->throttle_time});
  std::erase(connection.messages, message);
}

void SimulatedNetwork::go_on(Connection& connection, MessageStage stage) {
  for (const auto& message : connection.messages) {
    if (!message->is_stalled || message->stage != stage) continue;
    message->is_stalled = false;
    const TimePoint arrives = scheduler_.time() + conditions_.draw_latency();
    TimePoint& last =
        stage == MessageStage::kToNode ? connection.last_arrival : connection.last_return;
    last = std::max(arrives, last);
    schedule(last, connection.id, Due::What::kMessage, message);
  }
}

// ---- The end of a connection

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
    host.take(inbox, {node, message->correlation, fail(ErrorCode::kTransport, why)});
  }
}

void SimulatedNetwork::abandon(ConnectionId id) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  // In a dead process everything was cut before.
  std::uint64_t on_their_way = 0;
  for (const auto& message : connection->messages) {
    if (message->stage == MessageStage::kToNode && !message->is_stalled) ++on_their_way;
  }
  std::uint64_t arriving = on_their_way == 0 ? 0 : scheduler_.tape().draw(on_their_way + 1);
  std::vector<std::shared_ptr<Message>> last;
  for (const auto& message : connection->messages) {
    if (message->stage == MessageStage::kAtNode) last.push_back(message);
    if (message->stage == MessageStage::kToNode && !message->is_stalled && arriving > 0) {
      --arriving;
      last.push_back(message);
    }
  }
  const NodeId node = connection->node;
  forget(*connection);
  // What the broker has read of a broken connection, it works at; nobody hears the answers.
  for (const auto& message : last) {
    ++conditions_.counts.requests;
    const TimePoint now = scheduler_.world_time();
    cluster_.handle(now, conditions_.wall_time(node, now), node, ++last_reply_to_, message->header,
                    std::move(message->request));
    cluster_.forget(last_reply_to_);
  }
  if (!last.empty()) scheduler_.raise(changed_);
}

void SimulatedNetwork::forget(Connection& connection) {
  for (const auto& message : connection.messages) {
    if (message->stage != MessageStage::kHandled) continue;
    handled_.erase(message->reply_to);
    cluster_.forget(message->reply_to);
  }
  by_wire_.erase({connection.wire, connection.node});
  connections_.erase(connection.id);
}

}  // namespace rookery::sim
