// controller.cc
//
// Elections run over everything whenever a node came or went: clusters here are small.
#include "mockbroker/cluster/controller.h"

#include <map>
#include <memory>
#include <set>
#include <utility>

namespace rookery::mock {
namespace {

MetadataResponse::Topic description(const Topic& topic) {
  MetadataResponse::Topic answer{.name = topic.name, .id = topic.id};
  answer.partitions.reserve(topic.partitions.size());
  for (const Partition& partition : topic.partitions) {
    auto& described = answer.partitions.emplace_back();
    described.partition = partition.id.partition;
    described.leader = partition.placement.leader;
    described.leader_epoch = partition.placement.epoch;
    if (described.leader < 0) described.error = ErrorCode::kLeaderNotAvailable;
    described.replicas = partition.placement.replicas;
    for (const Replica& replica : partition.replicas) {
      if (replica.is_in_sync) described.in_sync_replicas.push_back(replica.node);
    }
  }
  return answer;
}

MetadataResponse::Topic unknown_topic(const std::string& name) {
  return {.name = name,
          .error = validate_topic_name(name) ? ErrorCode::kUnknownTopicOrPartition
                                             : ErrorCode::kInvalidTopic};
}

Status unknown_node(NodeId node) {
  return fail(ErrorCode::kInvalidArgument, "there is no node " + std::to_string(node));
}

}  // namespace

Controller::Controller(Core& core, Topics& topics, Replication& replication, Fetches& fetches,
                       Produces& produces, Dependents& dependents)
    : core_(core),
      topics_(topics),
      replication_(replication),
      fetches_(fetches),
      produces_(produces),
      dependents_(dependents) {}

MetadataResponse Controller::metadata(NodeId asked, const MetadataRequest& request) const {
  const auto& stale = core_.nodes[static_cast<std::size_t>(asked)].stale_metadata;
  if (!stale) return describe(request);
  MetadataResponse response = *stale;
  if (!request.topics) return response;
  std::map<std::string, MetadataResponse::Topic> known;
  for (auto& topic : std::exchange(response.topics, {})) known[topic.name] = std::move(topic);
  for (const std::string& name : *request.topics) {
    const auto found = known.find(name);
    response.topics.push_back(found == known.end() ? unknown_topic(name) : found->second);
  }
  return response;
}

MetadataResponse Controller::describe(const MetadataRequest& request) const {
  MetadataResponse response;
  response.controller = core_.controller;
  for (std::size_t i = 0; i < core_.nodes.size(); ++i) {
    if (!core_.nodes[i].is_available) continue;
    response.nodes.push_back({.id = static_cast<NodeId>(i),
                              .host = "node-" + std::to_string(i),
                              .port = 9092 + static_cast<std::int32_t>(i)});
  }
  if (!request.topics) {
    for (const auto& [name, topic] : topics_.all()) response.topics.push_back(description(topic));
    return response;
  }
  for (const std::string& name : *request.topics) {
    if (const Topic* topic = topics_.find(name)) {
      response.topics.push_back(description(*topic));
    } else {
      response.topics.push_back(unknown_topic(name));
    }
  }
  return response;
}

TopicsResponse Controller::create_topics(NodeId asked, const CreateTopicsRequest& request) {
  TopicsResponse response;
  std::set<std::string> seen;
  std::set<std::string> twice;
  for (const auto& topic : request.topics) {
    if (!seen.insert(topic.name).second) twice.insert(topic.name);
  }
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    if (refuses(asked)) {
      answer.error = ErrorCode::kNotController;
    } else if (twice.contains(topic.name)) {
      answer.error = ErrorCode::kInvalidRequest;
      answer.message = "Duplicate topic name.";
    } else if (const Status created = create_topic(topic); !created) {
      answer.error = created.error().code;
      answer.message = created.error().message;
    }
  }
  return response;
}

TopicsResponse Controller::delete_topics(NodeId asked, const DeleteTopicsRequest& request) {
  TopicsResponse response;
  for (const std::string& name : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = name;
    if (refuses(asked)) {
      answer.error = ErrorCode::kNotController;
    } else if (const Status deleted = delete_topic(name); !deleted) {
      answer.error = deleted.error().code;
      answer.message = deleted.error().message;
    }
  }
  return response;
}

TopicsResponse Controller::create_partitions(NodeId asked, const CreatePartitionsRequest& request) {
  TopicsResponse response;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    if (refuses(asked)) {
      answer.error = ErrorCode::kNotController;
    } else if (const Status grown = create_partitions(topic.name, topic.count); !grown) {
      answer.error = grown.error().code;
      answer.message = grown.error().message;
    }
  }
  return response;
}

Status Controller::delete_topic(const std::string& name) {
  auto removed = topics_.remove(name);
  if (!removed) return fail(removed.error());
  // No longer found by name, but still there: those who wait for it learn that it is unknown.
  for (Partition& partition : removed->mapped().partitions) {
    fetches_.wake(partition);
    produces_.wake(partition);
  }
  dependents_.topic_deleted(name);
  return {};
}

Status Controller::stop_node(NodeId node, StopMode mode) {
  if (!core_.knows(node)) return unknown_node(node);
  if (!at(node).is_up) {
    return fail(ErrorCode::kState, "node " + std::to_string(node) + " is down already");
  }
  if (mode == StopMode::kControlled && core_.controller >= 0 && !core_.is_cut_off(node)) {
    at(node).is_available = false;
    elect();
  }
  at(node).is_up = false;
  at(node).lost_power_at.reset();
  if (mode == StopMode::kPowerLoss) at(node).lost_power_at = core_.now;
  fetches_.forget_node(node);
  produces_.forget_node(node);
  dependents_.node_down(node);
  if (at(node).is_cut_off) end_isolation(node);  // what it believed ends with its process
  core_.tell(&Observer::node_down, core_.now, node);
  if (mode == StopMode::kControlled) {
    notice(node);
  } else {
    notice_in_time(node);
  }
  return {};
}

void Controller::notice_in_time(NodeId node) {
  at(node).detection.set(core_.timers,
                         saturating_add(core_.now, core_.options.failure_detection_delay),
                         [this, node] { notice(node); });
}

Status Controller::cut_off_node(NodeId node) {
  if (!core_.is_up(node)) {
    return fail(ErrorCode::kState, "node " + std::to_string(node) + " is not up");
  }
  at(node).is_reconnecting = false;
  if (at(node).is_cut_off) return {};
  at(node).stale_metadata =
      std::make_shared<const MetadataResponse>(describe(MetadataRequest{.topics = {}}));
  at(node).is_cut_off = true;
  replication_.cut_off(node);
  notice_in_time(node);
  return {};
}

Status Controller::reconnect_node(NodeId node) {
  if (!core_.is_cut_off(node)) {
    return fail(ErrorCode::kState, "node " + std::to_string(node) + " is not cut off");
  }
  at(node).is_reconnecting = is_held_absent_;
  if (is_held_absent_) return {};  // there is nobody who could tell it how things are
  at(node).detection.cancel();
  at(node).is_available = true;
  at(node).is_registered = true;
  end_isolation(node);
  if (core_.controller < 0) set_node(node);
  elect();
  return {};
}

void Controller::end_isolation(NodeId node) {
  at(node).is_cut_off = false;
  at(node).is_reconnecting = false;
  at(node).stale_metadata.reset();
  replication_.tell_how_things_are(node);
}

Status Controller::start_node(NodeId node) {
  if (!core_.knows(node)) return unknown_node(node);
  if (at(node).is_up) {
    return fail(ErrorCode::kState, "node " + std::to_string(node) + " is up already");
  }
  if (at(node)
          .detection.is_set()) {  // back before it was missed: its new incarnation fences the old
    at(node).detection.cancel();
    notice(node);
  }
  at(node).is_up = true;
  at(node).is_registered = false;
  ++at(node).incarnation;
  if (at(node).lost_power_at) replication_.recover(node, *at(node).lost_power_at);
  at(node).may_lack_records = at(node).lost_power_at.has_value();
  core_.tell(&Observer::node_up, core_.now, node);
  if (is_held_absent_) return {};  // nobody there to take notice
  at(node).is_available = true;
  register_node(node);
  if (core_.controller < 0) set_node(node);
  elect();
  return {};
}

// The controller learns of this life of its process.
void Controller::register_node(NodeId node) {
  at(node).is_registered = true;
  if (std::exchange(at(node).may_lack_records, false)) replication_.distrust(node);
}

// The controller learns that the node is down.
void Controller::notice(NodeId node) {
  if (is_held_absent_) return;  // move_controller catches up
  at(node).is_available = false;
  if (core_.controller == node) {
    NodeId next = -1;
    for (std::size_t i = 0; i < core_.nodes.size() && next < 0; ++i) {
      if (core_.is_electable(static_cast<NodeId>(i))) next = static_cast<NodeId>(i);
    }
    set_node(next);
  }
  elect();
}

void Controller::set_node(NodeId node) {
  if (node == core_.controller) return;
  const NodeId old = std::exchange(core_.controller, node);
  core_.tell(&Observer::controller_moved, core_.now, old, node);
}

Status Controller::move_controller(NodeId node) {
  if (node == -1) {
    is_held_absent_ = true;
    set_node(-1);
    return {};
  }
  if (!core_.knows(node)) return unknown_node(node);
  if (!at(node).is_up) {
    return fail(ErrorCode::kState, "node " + std::to_string(node) + " is down");
  }
  if (core_.is_cut_off(node) && !at(node).is_reconnecting) {
    return fail(ErrorCode::kState, "node " + std::to_string(node) + " is cut off");
  }
  is_held_absent_ = false;
  at(node).is_available = true;
  set_node(node);
  for (Node& each :
       core_
           .nodes) {  // what happened while there was none; a crash just now is noticed in its time
    if (!each.detection.is_set()) each.is_available = each.is_up && !each.is_cut_off;
  }
  elect();  // what was led by a node that has been down since is led by others
  for (std::size_t i = 0; i < core_.nodes.size(); ++i) {
    const Node& each = core_.nodes[i];
    if (each.is_up && !each.is_cut_off) register_node(static_cast<NodeId>(i));
  }
  elect();
  for (std::size_t i = 0; i < core_.nodes.size(); ++i) {
    if (core_.nodes[i].is_reconnecting) {
      static_cast<void>(reconnect_node(static_cast<NodeId>(i)));
    }
  }
  return {};
}

void Controller::end_absence() {
  for (std::size_t i = 0; i < core_.nodes.size() && is_held_absent_; ++i) {
    // Refused for one that is down or cut off.
    static_cast<void>(move_controller(static_cast<NodeId>(i)));
  }
  is_held_absent_ = false;
}

Status Controller::move_leader(const TopicPartition& id, NodeId node) {
  Partition* partition = topics_.find(id);
  if (!partition)
    return fail(ErrorCode::kUnknownTopicOrPartition, "there is no partition " + id.text());
  if (!partition->placement.has_replica(node)) {
    return fail(ErrorCode::kInvalidArgument,
                "node " + std::to_string(node) + " has no replica of " + id.text());
  }
  if (!core_.is_electable(node)) {
    return fail(ErrorCode::kState, "node " + std::to_string(node) + " is down");
  }
  if (!replication_.is_in_sync(*partition, node)) {
    return fail(ErrorCode::kState, "node " + std::to_string(node) + " is not in sync");
  }
  if (partition->placement.leader != node) replication_.lead(*partition, node);
  arm_rebalance();
  return {};
}

Status Controller::elect_unclean(const TopicPartition& id) {
  Partition* partition = topics_.find(id);
  if (!partition)
    return fail(ErrorCode::kUnknownTopicOrPartition, "there is no partition " + id.text());
  if (core_.controller < 0) return fail(ErrorCode::kState, "there is no controller");
  if (partition->placement.leader >= 0) {
    return fail(ErrorCode::kState,
                id.text() + " is led by node " + std::to_string(partition->placement.leader));
  }
  const NodeId next = replication_.choose_unclean(*partition);
  if (next < 0) return fail(ErrorCode::kState, "no replica of " + id.text() + " is up");
  replication_.lead(*partition, next);
  arm_rebalance();
  return {};
}

void Controller::elect_where_nobody_leads() {
  if (core_.controller < 0) return;
  for (auto& [name, topic] : topics_.all()) {
    for (Partition& partition : topic.partitions) {
      const NodeId next = partition.placement.leader < 0 ? replication_.choose(partition) : -1;
      if (next < 0) continue;
      replication_.lead(partition, next);
      arm_rebalance();
    }
  }
}

void Controller::elect() {
  if (core_.controller < 0) return;
  for (auto& [name, topic] : topics_.all()) {
    for (Partition& partition : topic.partitions) {
      replication_.fence(partition);
      const NodeId old = partition.placement.leader;
      if (core_.is_taken_for_up(old) && partition.is_led_by(core_, old)) {
        replication_.catch_up(partition);
        continue;
      }
      const NodeId next = replication_.choose(partition);
      if (next >= 0 || old >= 0) replication_.lead(partition, next);
    }
  }
  dependents_.elect();
  arm_rebalance();
}

void Controller::arm_rebalance() {
  const Milliseconds interval = core_.options.leader_rebalance_interval;
  if (rebalance_timer_.is_set() || interval <= Milliseconds::zero()) return;
  rebalance_timer_.set(core_.timers, saturating_add(core_.now, interval), [this] { rebalance(); });
}

// What cannot go back yet does after the election that its node's start brings.
void Controller::rebalance() {
  if (core_.controller < 0) return;
  for (auto& [name, topic] : topics_.all()) {
    for (Partition& partition : topic.partitions) {
      const NodeId preferred = partition.placement.replicas.front();
      if (partition.placement.leader != preferred && core_.is_registered(preferred) &&
          replication_.is_in_sync(partition, preferred)) {
        replication_.lead(partition, preferred);
      }
    }
  }
  dependents_.return_to_preferred();
}

}  // namespace rookery::mock
