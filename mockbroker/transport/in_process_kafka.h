// in_process_kafka.h
//
// A Kafka cluster in this process, for ordinary tests and benchmarks: real threads, real time, no
// network in between.
//
//   InProcessKafka kafka({.nodes = 3});
//   kafka.create_topic("orders.v1", 6);
//   auto producer = kafka.transport().make_producer({...});
//
// Thread rules: any thread. Every client is closed before it is destroyed.
#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/transport.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "mockbroker/cluster/cluster.h"
#include "mockbroker/transport/direct_network.h"
#include "mockbroker/transport/mock_transport.h"

namespace rookery::mock {

class InProcessKafka {
 public:
  explicit InProcessKafka(const ClusterOptions& options = {})
      : network_(options), transport_(make_mock_transport(network_)) {}
  InProcessKafka(const InProcessKafka&) = delete;
  InProcessKafka& operator=(const InProcessKafka&) = delete;

  Network& network() { return network_; }
  Transport& transport() { return *transport_; }
  // One of the caller's own, with settings that all its clients share.
  std::unique_ptr<Transport> make_transport(ConfigMap common) {
    return make_mock_transport(network_, std::move(common));
  }

  Status create_topic(const std::string& name, std::int32_t partitions,
                      std::map<std::string, std::string> config = {},
                      std::int16_t replication_factor = -1);
  Status delete_topic(const std::string& name);

  // A stopped node breaks its connections and refuses new ones.
  Status stop_node(NodeId node, StopMode mode = StopMode::kCrash) {
    return network_.stop_node(node, mode);
  }
  Status start_node(NodeId node) { return network_.start_node(node); }
  // A node that works but does not answer, until released.
  void hold_answers(NodeId node) { network_.hold_answers(node); }
  void release_answers(NodeId node) { network_.release_answers(node); }

  // The cluster itself, under its lock: for what has no name here, and to inspect. `action` must
  // not call out.
  void with_cluster(const std::function<void(Cluster&, TimePoint, WallTime)>& action) {
    network_.with_cluster(action);
  }

 private:
  DirectNetwork network_;
  std::unique_ptr<Transport> transport_;
};

}  // namespace rookery::mock
