// core.h
//
// What the parts of a cluster share: the time they are told, timers, nodes, replies under way,
// observers.
//
// Not thread-safe; the cluster owns it, and its parts hold references.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time_types.h>

#include "mockbroker/cluster/observer.h"
#include "mockbroker/cluster/options.h"
#include "mockbroker/cluster/timers.h"
#include "mockbroker/protocol/protocol.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rookery::mock {

// The driver's own name for a request that waits for its answer; unique among those under way.
using ReplyTo = std::uint64_t;

struct OutgoingReply {
  ReplyTo reply_to = 0;
  NodeId node = -1;
  // An error (kTransport): the broker closes the connection that the request came on, as Kafka does
  // when a produce with acks=0 fails.
  Result<Response> response;
  // throttle_time_ms, which each of Kafka's responses has. The broker looks at nothing more of the
  // connection for so long (KIP-219): its driver's business.
  Milliseconds throttle_time{0};
};

// Who asked, and where.
struct Requester {
  NodeId node = -1;
  ReplyTo reply_to = 0;
};

struct Node {
  bool is_up = true;         // its process runs
  bool is_available = true;  // the controller takes it to be up: this is what others see
  // The controller knows of this life of its process. While there is no controller, a node that
  // came back leads nothing and follows nobody.
  bool is_registered = true;
  std::uint32_t incarnation = 0;           // counts the lives of its process
  Timer detection;                         // from a crash until the controller notices
  std::optional<TimePoint> lost_power_at;  // when its last life ended so
  bool may_lack_records = false;           // because of that, and the controller does not know yet
  // How long a fetch of its replicas from their leaders takes; kNever: it reaches nobody.
  Duration replication_delay{};
  // It serves clients, but neither the controller nor the other nodes hear of it, nor it of them.
  bool is_cut_off = false;
  bool is_reconnecting = false;  // as soon as there is a controller
  // What it answers when it is asked for metadata; none: how things are.
  std::shared_ptr<const MetadataResponse> stale_metadata;
};

struct Core {
  explicit Core(const ClusterOptions& cluster_options)
      : options(cluster_options), nodes(static_cast<std::size_t>(cluster_options.nodes)) {
    for (Node& node : nodes) node.replication_delay = cluster_options.replication_delay;
  }

  bool knows(NodeId node) const {
    return node >= 0 && static_cast<std::size_t>(node) < nodes.size();
  }
  bool is_up(NodeId node) const {
    return knows(node) && nodes[static_cast<std::size_t>(node)].is_up;
  }
  bool is_cut_off(NodeId node) const {
    return knows(node) && nodes[static_cast<std::size_t>(node)].is_cut_off;
  }
  // Can be given leaders and coordinators: the controller never chooses a node that is cut off,
  // also before that is noticed.
  bool is_electable(NodeId node) const {
    return is_up(node) && nodes[static_cast<std::size_t>(node)].is_available && !is_cut_off(node);
  }
  bool is_registered(NodeId node) const {
    return is_electable(node) && nodes[static_cast<std::size_t>(node)].is_registered;
  }
  // As far as the controller knows.
  bool is_taken_for_up(NodeId node) const {
    return is_up(node) && nodes[static_cast<std::size_t>(node)].is_available &&
           nodes[static_cast<std::size_t>(node)].is_registered;
  }

  void reply(Requester to, Response response, Milliseconds throttle_time = Milliseconds(0));
  // Instead of an answer: the connection that the request came on ends.
  void close_connection(Requester to, std::string why);
  template <class... Parameters, class... Arguments>
  void tell(void (Observer::*event)(Parameters...), const Arguments&... arguments) const {
    for (Observer* observer : observers) (observer->*event)(arguments...);
  }

  const ClusterOptions options;
  TimePoint now;
  WallTime wall;
  Timers timers;  // outlives everything that holds a Timer
  std::vector<Node> nodes;
  NodeId controller = 0;  // -1: absent
  std::vector<OutgoingReply> replies;
  std::vector<Observer*> observers;
};

// Where a partition lives. The first replica is the preferred leader.
struct Placement {
  std::vector<NodeId> replicas;
  NodeId leader = -1;      // -1: no replica is up
  std::int32_t epoch = 0;  // of leadership; grows with each election

  bool has_replica(NodeId node) const {
    for (NodeId replica : replicas) {
      if (replica == node) return true;
    }
    return false;
  }
  NodeId first_electable(const Core& core) const {
    for (NodeId replica : replicas) {
      if (core.is_electable(replica)) return replica;
    }
    return -1;
  }
};

}  // namespace rookery::mock
