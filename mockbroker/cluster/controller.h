// controller.h
//
// Which nodes are there, which of them leads what, and the topics: what a Kafka controller decides
// and everybody sees at once who is not cut off from it.
//
// The controller is a node; it moves when that node fails and can be absent (-1), when nothing is
// elected, created or deleted, and a node that comes back leads nothing until there is one. Leaders
// are elected from the replicas in sync, or, where a topic allows it, from any. Sources: Kafka's
// ReplicationControlManager and ClusterControlManager; NOT_CONTROLLER as brokers before KRaft
// answer it.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/fetches.h"
#include "mockbroker/cluster/produces.h"
#include "mockbroker/cluster/replication.h"
#include "mockbroker/cluster/topics.h"

#include <string>

namespace rookery::mock {

// How a node ends.
enum class StopMode {
  kCrash,       // its leaders move once the controller has noticed
  kControlled,  // its leaders move first (controlled.shutdown.enable)
  kPowerLoss,   // a crash, and what its replicas had not flushed is not there when it comes back
};

// Who else lives on nodes and topics: the group coordinators.
class Dependents {
 public:
  // Nodes came or went: what has no leader that is up gets another, if there is one.
  virtual void elect() = 0;
  // Leadership goes back to the preferred nodes that are up.
  virtual void return_to_preferred() = 0;
  // A node's process ended, and all its connections with it.
  virtual void node_down(NodeId node) = 0;
  virtual void topic_deleted(const std::string& topic) = 0;

 protected:
  ~Dependents() = default;
};

class Controller {
 public:
  Controller(Core& core, Topics& topics, Replication& replication, Fetches& fetches,
             Produces& produces, Dependents& dependents);

  NodeId node() const { return core_.controller; }  // -1: absent
  MetadataResponse metadata(NodeId asked, const MetadataRequest& request) const;
  TopicsResponse create_topics(NodeId asked, const CreateTopicsRequest& request);
  TopicsResponse delete_topics(NodeId asked, const DeleteTopicsRequest& request);
  TopicsResponse create_partitions(NodeId asked, const CreatePartitionsRequest& request);

  // Orders, from tests and simulators. Errors: kInvalidArgument, kState, saying why;
  // kUnknownTopicOrPartition.
  Status create_topic(const CreateTopicsRequest::Topic& topic) { return topics_.create(topic); }
  Status delete_topic(const std::string& name);
  Status create_partitions(const std::string& name, std::int32_t count) {
    return topics_.grow(name, count);
  }
  Status stop_node(NodeId node, StopMode mode);
  Status start_node(NodeId node);
  Status cut_off_node(NodeId node);
  Status reconnect_node(NodeId node);
  Status move_leader(const TopicPartition& id, NodeId node);
  Status elect_unclean(const TopicPartition& id);
  // A topic's settings may have begun to allow a replica that is not in sync.
  void elect_where_nobody_leads();
  // A leader or coordinator was moved away from where it belongs: it goes back in time.
  void arm_rebalance();
  Status move_controller(NodeId node);  // -1: until told otherwise there is none
  void end_absence();

 private:
  Node& at(NodeId node) { return core_.nodes[static_cast<std::size_t>(node)]; }
  void notice(NodeId node);
  void register_node(NodeId node);
  void notice_in_time(NodeId node);
  void end_isolation(NodeId node);
  MetadataResponse describe(const MetadataRequest& request) const;
  bool refuses(NodeId asked) const { return asked != core_.controller || core_.is_cut_off(asked); }
  void set_node(NodeId node);
  void elect();
  void rebalance();

  Core& core_;
  Topics& topics_;
  Replication& replication_;
  Fetches& fetches_;
  Produces& produces_;
  Dependents& dependents_;
  bool is_held_absent_ = false;
  Timer rebalance_timer_;
};

}  // namespace rookery::mock
