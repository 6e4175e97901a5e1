// cluster.h
//
// An in-process Kafka cluster: a state machine that is told requests and the time, and gives
// responses. No threads, no clocks, no dice.
//
//   Cluster cluster({.nodes = 3});
//   cluster.handle(now, wall, /*node=*/0, /*reply_to=*/1, header, MetadataRequest{});
//   for (OutgoingReply& reply : cluster.take_replies()) ...     // at once, or after a later
//   handle() or tick() sleep until cluster.next_deadline(); cluster.tick(now, wall);
//
// What it models is Kafka as a client sees it; where it differs, mockbroker/DIFFERENCES.md says so.
// What acks=all acknowledged is never dropped, but by retention or compaction that a topic states,
// by an unclean election that it allows or somebody orders, or when the last replica in sync loses
// its power. Time never runs back: an earlier time than the last counts as the last. Equal calls
// give equal results, on any machine.
//
// Ownership: blocks are shared with those who produced and fetched them, and immutable. Thread
// rules: none of its own, one at a time.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time_types.h>

#include "mockbroker/cluster/controller.h"
#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/observer.h"
#include "mockbroker/cluster/options.h"
#include "mockbroker/cluster/quotas.h"
#include "mockbroker/cluster/request_filter.h"
#include "mockbroker/protocol/protocol.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rookery::mock {

class Inspection;

class Cluster {
 public:
  explicit Cluster(const ClusterOptions& options);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster();

  // ---- For drivers

  // A request has reached a node. One to a node that is down, or unknown, vanishes: the network's
  // business. `reply_to` is unique among requests that are not answered yet.
  void handle(TimePoint now, WallTime wall, NodeId node, ReplyTo reply_to,
              const RequestHeader& header, Request request);
  // Does what is due.
  void tick(TimePoint now, WallTime wall);
  // When tick() has something to do; kNever when only a request can bring something.
  TimePoint next_deadline() const;
  // What was answered since the last call, in order.
  std::vector<OutgoingReply> take_replies();
  // The connection behind the request is gone: a waiting fetch or produce ends (what was appended
  // stays). A waiting join or sync stays,
  // as in Kafka: only the session timeout removes its member.
  void forget(ReplyTo reply_to);

  // ---- For tests and simulators: things that happen to a cluster

  Status create_topic(TimePoint now, const CreateTopicsRequest::Topic& topic);
  Status delete_topic(TimePoint now, const std::string& name);
  // More partitions, so many in all.
  Status create_partitions(TimePoint now, const std::string& name, std::int32_t count);
  // Whatever waits at the node is never answered.
  Status stop_node(TimePoint now, NodeId node, StopMode mode);
  Status start_node(TimePoint now, NodeId node);
  // The node goes on serving clients, but hears of no other node, nor they of it, as if the network
  // between them were cut or the node slept: the controller takes it to be down after
  // failure_detection_delay, and it does not know that others lead now what it led. Until
  // reconnect_node, or the end of its process; without a controller, until there is one.
  Status cut_off_node(TimePoint now, NodeId node);
  Status reconnect_node(TimePoint now, NodeId node);
  // From now on, of all clients that use this client.id.
  void set_quota(const std::string& client_id, const Quota& quota);
  // To a replica that is up and in sync, at once.
  Status move_leader(TimePoint now, const TopicPartition& partition, NodeId node);
  // As ElectLeaders with UNCLEAN orders it (KIP-460), whatever the topic says: a partition that
  // nobody leads gets the first replica that is up, in sync if there is one, and loses what that
  // one lacks. Refused where somebody leads (ELECTION_NOT_NEEDED).
  Status elect_unclean(TimePoint now, const TopicPartition& partition);
  // Of this group, and of those that share its partition of __consumer_offsets; to a replica that
  // is up, at once.
  Status move_coordinator(TimePoint now, const std::string& group, NodeId node);
  // -1: there is none until the next call, or end_controller_absence.
  Status move_controller(TimePoint now, NodeId node);
  // There may be one again: the first node that is up, or else the next that comes up.
  void end_controller_absence(TimePoint now);
  // How long fetches of the node's replicas from their leaders take from now on. Duration::max():
  // they do not get through.
  Status set_replication_delay(TimePoint now, NodeId node, Duration delay);
  // Retention of all topics that state one; otherwise every retention_check_interval.
  void enforce_retention(TimePoint now, WallTime wall);
  // What lies below the offset goes, as DeleteRecords (KIP-107) and retention do: at most up to the
  // high watermark.
  Status delete_records(TimePoint now, const TopicPartition& partition, Offset below);
  // Answers how many records went.
  Result<std::size_t> compact(TimePoint now, WallTime wall, const TopicPartition& partition);
  // A transaction's control marker: an offset without a record. Answers the offset.
  Result<Offset> append_marker(TimePoint now, WallTime wall, const TopicPartition& partition);

  // Empty: no filter. Held requests are handled in order when released; `which`, when given, says
  // which.
  void set_request_filter(RequestFilter filter);
  using WhichHeld = std::function<bool(NodeId, const RequestHeader&, const Request&)>;
  std::size_t release_held(TimePoint now, WallTime wall, const WhichHeld& which = {});

  // Not owned; told everything from now on.
  void add_observer(Observer* observer);

  // ---- For checkers: see inspection.h. Valid as long as the cluster; always up to date.
  const Inspection& inspect() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rookery::mock
