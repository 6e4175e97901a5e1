// leg.h
//
// What the contract suite is run over: one implementation of the transport with a cluster behind
// it, and the handles by which a test makes that cluster misbehave.
//
// A leg is made for one test. Everything is called from inside run(). What a test did to the nodes
// is undone at its end.
#pragma once

#include <rookery/base/topic_partition.h>
#include <rookery/runtime/time_types.h>
#include <rookery/transport/transport.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulations/contract/other_member.h"

namespace rookery::contract {

// A transport, and how often its clients asked for what, by the request's name ("ListOffsets").
struct WatchedTransport {
  std::unique_ptr<Transport> transport;
  std::function<std::map<std::string, std::size_t>()> counts;
};

class Leg {
 public:
  virtual ~Leg() = default;

  // Where the body's threads live: OS threads, or fibers of a simulation. Returns when the body
  // has.
  virtual void run(const std::function<void()>& body) = 0;

  // Connected to the cluster; `common` is laid over the leg's own settings.
  virtual std::unique_ptr<Transport> make_transport(ConfigMap common) = 0;
  virtual WatchedTransport make_watched_transport() = 0;
  // Until every node that is up knows the topic with so many partitions.
  virtual void await_topic(const std::string& topic, std::size_t partitions) = 0;
  // A name for topics or groups that nothing else uses in this cluster.
  virtual std::string fresh_name(const std::string& what) = 0;

  // Another member, in a process of its own.
  virtual std::unique_ptr<OtherMember> start_member(const OtherMemberSettings& settings) = 0;

  // Appends what no reader sees, but takes at least one offset: a transaction's marker.
  virtual void append_gap(const TopicPartition& partition) = 0;
  virtual std::vector<NodeId> nodes() const = 0;
  // Ends a node in order and starts it again with its data; returns when it serves.
  virtual void restart_node(NodeId node) = 0;
  // Kills a node, which stays away until start_node; that returns when it serves.
  virtual void kill_node(NodeId node) = 0;
  virtual void start_node(NodeId node) = 0;
  // Of all nodes: connections stay open, requests are taken, nothing is answered.
  virtual void stop_answering() = 0;
  virtual void answer_again() = 0;
  // All nodes up and answering.
  virtual void heal() = 0;
  // The node that coordinates the group now; -1: none, or it cannot be known now.
  virtual NodeId coordinator_of(const std::string& group) = 0;

  // Of this process and everything the clients hold; none where it says nothing about the
  // transport.
  virtual std::optional<std::size_t> resident_bytes() = 0;
};

struct LegFactory {
  std::string name;
  std::function<std::unique_ptr<Leg>()> make;
  // Case of the suite: identifier of the difference in mockbroker/DIFFERENCES.md that is the
  // reason.
  std::map<std::string, std::string> skips;
};

inline void PrintTo(const LegFactory& factory, std::ostream* out) { *out << factory.name; }

}  // namespace rookery::contract
