// watched_network.cc
//
// Everything is told first, and passed on then.
#include "simulations/properties/watched_network.h"

#include <utility>

namespace rookery::sim {
namespace {

class WatchedInbox final : public mock::Inbox {
 public:
  WatchedInbox(GroupWatch& watch, std::string client, std::shared_ptr<mock::Inbox> inner)
      : watch_(watch), client_(std::move(client)), inner_(std::move(inner)) {}

  void push(mock::Reply reply) override {
    watch_.answered(client_, reply);
    inner_->push(std::move(reply));
  }

 private:
  GroupWatch& watch_;
  const std::string client_;
  const std::shared_ptr<mock::Inbox> inner_;
};

class WatchedWire final : public mock::Wire {
 public:
  WatchedWire(GroupWatch& watch, std::string client, std::uint64_t id,
              std::unique_ptr<mock::Wire> inner)
      : watch_(watch), client_(std::move(client)), id_(id), inner_(std::move(inner)) {}
  ~WatchedWire() override { watch_.disconnected(client_, id_, /*node=*/-1); }

  void send(NodeId node, mock::RequestHeader header, mock::Request request) override {
    watch_.sent(client_, id_, node, header.correlation, request);
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

std::unique_ptr<mock::Wire> WatchedNetwork::open(std::string client_id,
                                                 std::shared_ptr<mock::Inbox> inbox) {
  auto watched = std::make_shared<WatchedInbox>(watch_, client_id, std::move(inbox));
  std::unique_ptr<mock::Wire> inner = inner_.open(client_id, std::move(watched));
  return std::make_unique<WatchedWire>(watch_, std::move(client_id), ++last_wire_,
                                       std::move(inner));
}

}  // namespace rookery::sim
