// watched_network.cc
//
// Everything is told first, and passed on then.
#include "simulations/properties/watched_network.h"

#include <rookery/runtime/thread.h>

#include <utility>

#include "simulations/properties/life.h"

namespace rookery::sim {
namespace {

bool is_heartbeat_thread() { return current_thread_name().starts_with("heartbeat"); }

class WatchedInbox final : public mock::Inbox {
 public:
  WatchedInbox(GroupWatch& watch, std::string client) : watch_(watch), client_(std::move(client)) {}

  void push(mock::Reply reply) override {
    watch_.answered(client_, reply);
    watch_.io().woken(client_);
    Inbox::push(std::move(reply));
  }
  void wake() override {
    watch_.io().woken(client_);
    Inbox::wake();
  }
  void wake_others(Waiter& waiter) override {
    watch_.io().woken(client_);
    Inbox::wake_others(waiter);
  }
  std::vector<mock::Reply> receive(TimePoint deadline, Waiter& waiter) override {
    watch_.io().wait_began(client_, deadline, current_call_deadline(), is_heartbeat_thread());
    std::vector<mock::Reply> replies = Inbox::receive(deadline, waiter);
    watch_.io().wait_ended(client_, !replies.empty());
    return replies;
  }

 private:
  GroupWatch& watch_;
  const std::string client_;
};

class WatchedWire final : public mock::Wire {
 public:
  WatchedWire(GroupWatch& watch, std::string client, std::uint64_t id,
              std::unique_ptr<mock::Wire> inner)
      : watch_(watch), client_(std::move(client)), id_(id), inner_(std::move(inner)) {}
  ~WatchedWire() override { watch_.disconnected(client_, id_, /*node=*/-1); }

  void send(NodeId node, mock::RequestHeader header, mock::Request request) override {
    watch_.sent(client_, id_, node, header.correlation, request);
    const bool is_beat = std::holds_alternative<mock::HeartbeatRequest>(request);
    if (is_beat && is_heartbeat_thread()) {
      watch_.io().beat_sent(client_, Scheduler::current()->condition_waits());
    }
    inner_->send(node, std::move(header), std::move(request));
  }
  void disconnect(NodeId node) override {
    watch_.disconnected(client_, id_, node);
    inner_->disconnect(node);
  }

 private:
  GroupWatch& watch_;
  const std::string client_;
  const std::uint64_t id_;
  const std::unique_ptr<mock::Wire> inner_;
};

}  // namespace

std::shared_ptr<mock::Inbox> WatchedNetwork::make_inbox(const std::string& client_id) {
  return std::make_shared<WatchedInbox>(watch_, client_id);
}

std::unique_ptr<mock::Wire> WatchedNetwork::open(std::string client_id,
                                                 std::shared_ptr<mock::Inbox> inbox) {
  std::unique_ptr<mock::Wire> inner = inner_.open(client_id, std::move(inbox));
  return std::make_unique<WatchedWire>(watch_, std::move(client_id), ++last_wire_,
                                       std::move(inner));
}

}  // namespace rookery::sim
