// network.h
//
// How a client of the in-process Kafka reaches its nodes: the seam between client/ and what carries
// its requests.
//
// Two implementations: direct (real threads, no network in between: mockbroker/transport) and
// simulated (latency, loss, partitions: simulations/network).
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time.h>

#include "mockbroker/client/inbox.h"
#include "mockbroker/protocol/protocol.h"

#include <memory>
#include <string>
#include <vector>

namespace rookery::mock {

// One client's connections, one per node, opened when first used. Requests on one connection are
// handled and answered in order. Thread rules: any thread; never blocks for longer than a lock.
class Wire {
 public:
  virtual ~Wire() = default;  // drops everything under way, silently

  // The answer, or kTransport when the connection broke, comes to the inbox exactly once, unless
  // disconnect(node) comes first. A broken connection may have delivered the request or not. A
  // produce with acks=0 has no answer.
  virtual void send(NodeId node, RequestHeader header, Request request) = 0;

  // Closes the connection: what is under way on it will not be answered. The next send opens a new
  // one.
  virtual void disconnect(NodeId node) = 0;
};

class Network {
 public:
  virtual ~Network() = default;

  // Where a client's answers will wait: of all its wires, so it comes first.
  virtual std::shared_ptr<Inbox> make_inbox(const std::string& /*client_id*/) {
    return std::make_shared<Inbox>();
  }

  // `inbox` is kept as long as the wire, and while replies are under way.
  virtual std::unique_ptr<Wire> open(std::string client_id, std::shared_ptr<Inbox> inbox) = 0;

  // Where a client may begin: never empty.
  virtual std::vector<NodeId> bootstrap_nodes() const = 0;
};

}  // namespace rookery::mock
