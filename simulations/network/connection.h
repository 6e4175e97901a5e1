// connection.h
//
// What the simulated network knows of a process, a connection and a message. Private to it.
#pragma once

#include <rookery/base/result.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <tuple>

#include "mockbroker/client/network.h"
#include "mockbroker/cluster/cluster.h"
#include "simulations/network/conditions.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

using ConnectionId = std::uint64_t;
using WireId = std::uint64_t;

// A process's side: answers wait here for the process's own fiber, so that a paused process holds
// nobody up.
struct Host {
  explicit Host(ProcessId of) : process(of) {}

  struct Arrival {
    std::shared_ptr<mock::Inbox> inbox;
    mock::Reply reply;
  };
  std::optional<Arrival> next();
  void take(const std::shared_ptr<mock::Inbox>& inbox, mock::Reply reply);

  ProcessId process;
  bool is_cut = false;
  bool is_stopping = false;
  std::deque<Arrival> arrivals;
  Signal arrived{"network.arrived"};
};

enum class MessageStage : std::uint8_t { kToNode, kAtNode, kHandled, kToClient };

struct Message {
  mock::CorrelationId correlation = 0;
  mock::RequestHeader header;
  mock::Request request;
  std::unique_ptr<Result<mock::Response>> answer;
  Duration throttle_time{};  // that the answer tells
  mock::ReplyTo reply_to = 0;
  MessageStage stage = MessageStage::kToNode;
  Loss loss = Loss::kNo;
  AnswerFate fate = AnswerFate::kComes;
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
  TimePoint muted_until{};                        // the node looks at nothing of it before
  bool is_handling = false;
  bool is_silent = false;      // an answer was swallowed: no later one comes
  bool holds_answers = false;  // until release_held_answers()
};

// What happens to a connection at a time.
struct Due {
  enum class What : std::uint8_t { kMessage, kBreak, kUnmute };

  TimePoint at;
  std::uint64_t sequence = 0;
  ConnectionId connection = 0;
  What what = What::kMessage;
  std::shared_ptr<Message> message = {};

  friend bool operator>(const Due& a, const Due& b) {
    return std::tie(a.at, a.sequence) > std::tie(b.at, b.sequence);
  }
};

}  // namespace rookery::sim
