// cluster.cc
//
// Hands each request to the part that knows it.
#include "mockbroker/cluster/cluster.h"

#include "mockbroker/cluster/acls.h"
#include "mockbroker/cluster/configs.h"
#include "mockbroker/cluster/fetches.h"
#include "mockbroker/cluster/groups.h"
#include "mockbroker/cluster/housekeeping.h"
#include "mockbroker/cluster/inspection.h"
#include "mockbroker/cluster/produces.h"
#include "mockbroker/cluster/producing.h"
#include "mockbroker/cluster/replication.h"
#include "mockbroker/cluster/topics.h"
#include "mockbroker/protocol/error_response.h"

#include <algorithm>
#include <cassert>
#include <deque>
#include <utility>

namespace rookery::mock {
namespace {

struct Held {
  Requester requester;
  RequestHeader header;
  Request request;
};

}  // namespace

struct Cluster::Impl {
  explicit Impl(const ClusterOptions& options) : core(options) {}

  void advance(TimePoint now) {
    core.now = std::max(core.now, now);
    core.timers.run(core.now);
  }
  void advance(TimePoint now, WallTime wall) {
    core.wall = wall;
    advance(now);
  }
  void dispatch(Requester to, const RequestHeader& header, Request request);
  // Retention and unclean elections have begun to be wanted, or ended.
  void settings_changed() {
    housekeeping.arm();
    controller.elect_where_nobody_leads();
  }

  Core core;
  Topics topics{core};
  Quotas quotas;
  Fetches fetches{core, topics, quotas};
  Produces produces{core, topics, quotas};
  Replication replication{core, topics, fetches, produces};
  Producing producing{core, topics, replication, produces, quotas};
  Groups groups{core, topics};
  Controller controller{core, topics, replication, fetches, produces, groups};
  Housekeeping housekeeping{core, topics};
  Configs configs{core, topics};
  Acls acls{core};
  Inspection inspection{core, topics, controller, groups};
  RequestFilter filter;
  std::deque<Held> held;
};

void Cluster::Impl::dispatch(Requester to, const RequestHeader& header, Request request) {
  const std::string& client = header.client_id;
  const NodeId node = to.node;
  struct Handler {
    Impl& self;
    Requester to;
    NodeId node;
    const std::string& client;

    void operator()(FetchRequest& request) { self.fetches.handle(to, client, std::move(request)); }
    void operator()(ProduceRequest& request) {
      self.producing.handle(to, client, std::move(request));
    }
    void operator()(ListOffsetsRequest& request) {
      reply(self.fetches.list_offsets(node, request));
    }
    void operator()(OffsetsForLeaderEpochRequest& request) {
      reply(self.fetches.epoch_ends(node, request));
    }
    void operator()(InitProducerIdRequest&) { reply(self.producing.init_producer_id()); }
    void operator()(MetadataRequest& request) { reply(self.controller.metadata(node, request)); }
    void operator()(CreateTopicsRequest& request) {
      reply(self.controller.create_topics(node, request));
      self.housekeeping.arm();
    }
    void operator()(DeleteTopicsRequest& request) {
      reply(self.controller.delete_topics(node, request));
    }
    void operator()(CreatePartitionsRequest& request) {
      reply(self.controller.create_partitions(node, request));
    }
    void operator()(FindCoordinatorRequest& request) {
      reply(self.groups.find_coordinator(request));
    }
    void operator()(JoinGroupRequest& request) { self.groups.join(to, client, std::move(request)); }
    void operator()(SyncGroupRequest& request) { self.groups.sync(to, std::move(request)); }
    void operator()(HeartbeatRequest& request) { reply(self.groups.heartbeat(node, request)); }
    void operator()(LeaveGroupRequest& request) { reply(self.groups.leave(node, request)); }
    void operator()(OffsetCommitRequest& request) {
      reply(self.groups.commit(node, client, request));
    }
    void operator()(OffsetFetchRequest& r) { reply(self.groups.fetch_offsets(node, r)); }
    void operator()(DescribeGroupsRequest& request) { reply(self.groups.describe(node, request)); }
    void operator()(OffsetDeleteRequest& request) {
      reply(self.groups.delete_offsets(node, request));
    }
    void operator()(ListGroupsRequest&) { reply(self.groups.list(node)); }
    void operator()(DeleteGroupsRequest& request) { reply(self.groups.remove(node, request)); }
    void operator()(DeleteRecordsRequest& request) {
      reply(self.housekeeping.delete_records(node, request));
    }
    void operator()(DescribeConfigsRequest& request) {
      reply(self.configs.describe(node, request));
    }
    void operator()(AlterConfigsRequest& request) {
      reply(self.configs.replace(node, request));
      self.settings_changed();
    }
    void operator()(IncrementalAlterConfigsRequest& request) {
      reply(self.configs.change(node, request));
      self.settings_changed();
    }
    void operator()(DescribeAclsRequest& request) { reply(self.acls.describe(request)); }
    void operator()(CreateAclsRequest& request) { reply(self.acls.create(node, request)); }
    void operator()(DeleteAclsRequest& request) { reply(self.acls.remove(node, request)); }
    void reply(Response response) { self.core.reply(to, std::move(response)); }
  };
  std::visit(Handler{*this, to, node, client}, request);
}

Cluster::Cluster(const ClusterOptions& options) : impl_(std::make_unique<Impl>(options)) {
  assert(options.nodes > 0);
}
Cluster::~Cluster() = default;

void Cluster::handle(TimePoint now, WallTime wall, NodeId node, ReplyTo reply_to,
                     const RequestHeader& header, Request request) {
  impl_->advance(now, wall);  // what was due before the request came happened before it
  if (!impl_->core.is_up(node)) return;
  const Requester requester{node, reply_to};
  if (impl_->filter) {
    FilterDecision decision = impl_->filter(impl_->core.now, node, header, request);
    if (std::holds_alternative<DropRequest>(decision)) return;
    if (std::holds_alternative<HoldRequest>(decision)) {
      impl_->held.push_back({requester, header, std::move(request)});
      return;
    }
    if (auto* response = std::get_if<Response>(&decision)) {
      const auto* produce = std::get_if<ProduceRequest>(&request);
      if (!produce || produce->acks != 0) impl_->core.reply(requester, std::move(*response));
      return;
    }
  }
  impl_->dispatch(requester, header, std::move(request));
}

void Cluster::tick(TimePoint now, WallTime wall) { impl_->advance(now, wall); }

TimePoint Cluster::next_deadline() const { return impl_->core.timers.next(); }

std::vector<OutgoingReply> Cluster::take_replies() {
  return std::exchange(impl_->core.replies, {});
}

void Cluster::forget(ReplyTo reply_to) {
  impl_->fetches.forget(reply_to);
  impl_->produces.forget(reply_to);
}

Status Cluster::create_topic(TimePoint now, const CreateTopicsRequest::Topic& topic) {
  impl_->advance(now);
  Status created = impl_->controller.create_topic(topic);
  impl_->housekeeping.arm();
  return created;
}

Status Cluster::delete_topic(TimePoint now, const std::string& name) {
  impl_->advance(now);
  return impl_->controller.delete_topic(name);
}

Status Cluster::create_partitions(TimePoint now, const std::string& name, std::int32_t count) {
  impl_->advance(now);
  return impl_->controller.create_partitions(name, count);
}

Status Cluster::stop_node(TimePoint now, NodeId node, StopMode mode) {
  impl_->advance(now);
  std::erase_if(impl_->held, [node](const Held& held) { return held.requester.node == node; });
  return impl_->controller.stop_node(node, mode);
}

Status Cluster::start_node(TimePoint now, NodeId node) {
  impl_->advance(now);
  return impl_->controller.start_node(node);
}

Status Cluster::cut_off_node(TimePoint now, NodeId node) {
  impl_->advance(now);
  return impl_->controller.cut_off_node(node);
}

Status Cluster::reconnect_node(TimePoint now, NodeId node) {
  impl_->advance(now);
  return impl_->controller.reconnect_node(node);
}

void Cluster::set_quota(const std::string& client_id, const Quota& quota) {
  impl_->quotas.set(client_id, quota);
}

Status Cluster::move_leader(TimePoint now, const TopicPartition& partition, NodeId node) {
  impl_->advance(now);
  return impl_->controller.move_leader(partition, node);
}

Status Cluster::elect_unclean(TimePoint now, const TopicPartition& partition) {
  impl_->advance(now);
  return impl_->controller.elect_unclean(partition);
}

Status Cluster::move_coordinator(TimePoint now, const std::string& group, NodeId node) {
  impl_->advance(now);
  Status moved = impl_->groups.move_coordinator(group, node);
  if (moved) impl_->controller.arm_rebalance();
  return moved;
}

Status Cluster::move_controller(TimePoint now, NodeId node) {
  impl_->advance(now);
  return impl_->controller.move_controller(node);
}

void Cluster::end_controller_absence(TimePoint now) {
  impl_->advance(now);
  impl_->controller.end_absence();
}

Status Cluster::set_replication_delay(TimePoint now, NodeId node, Duration delay) {
  impl_->advance(now);
  if (!impl_->core.knows(node)) {
    return fail(ErrorCode::kInvalidArgument, "there is no node " + std::to_string(node));
  }
  impl_->replication.set_delay(node, delay);
  return {};
}

void Cluster::enforce_retention(TimePoint now, WallTime wall) {
  impl_->advance(now, wall);
  impl_->housekeeping.enforce_retention();
}

Status Cluster::delete_records(TimePoint now, const TopicPartition& partition, Offset below) {
  impl_->advance(now);
  Partition* found = impl_->topics.find(partition);
  if (!found)
    return fail(ErrorCode::kUnknownTopicOrPartition, "there is no partition " + partition.text());
  impl_->housekeeping.delete_records(*found, below);
  return {};
}

Result<std::size_t> Cluster::compact(TimePoint now, WallTime wall,
                                     const TopicPartition& partition) {
  impl_->advance(now, wall);
  Partition* found = impl_->topics.find(partition);
  if (!found)
    return fail(ErrorCode::kUnknownTopicOrPartition, "there is no partition " + partition.text());
  if (!found->topic->config.is_compacting) {
    return fail(ErrorCode::kState, partition.topic + " has no cleanup.policy=compact");
  }
  return impl_->housekeeping.compact(*found);
}

Result<Offset> Cluster::append_marker(TimePoint now, WallTime wall,
                                      const TopicPartition& partition) {
  impl_->advance(now, wall);
  Partition* found = impl_->topics.find(partition);
  if (!found)
    return fail(ErrorCode::kUnknownTopicOrPartition, "there is no partition " + partition.text());
  if (!impl_->core.is_up(found->placement.leader)) {
    return fail(ErrorCode::kLeaderNotAvailable, partition.text() + " has no leader");
  }
  return impl_->producing.append_marker(*found);
}

void Cluster::set_request_filter(RequestFilter filter) { impl_->filter = std::move(filter); }

std::size_t Cluster::release_held(TimePoint now, WallTime wall, const WhichHeld& which) {
  impl_->advance(now, wall);
  std::deque<Held> kept;
  std::size_t released = 0;
  for (Held& held : std::exchange(impl_->held, {})) {
    if (which && !which(held.requester.node, held.header, held.request)) {
      kept.push_back(std::move(held));
      continue;
    }
    ++released;
    impl_->dispatch(held.requester, held.header, std::move(held.request));
  }
  impl_->held = std::move(kept);
  return released;
}

void Cluster::add_observer(Observer* observer) { impl_->core.observers.push_back(observer); }

const Inspection& Cluster::inspect() const { return impl_->inspection; }

}  // namespace rookery::mock
