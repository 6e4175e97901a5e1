// configs.h
//
// Settings of topics and brokers, as administrators ask for them and change them.
//
// A topic's take effect at once. A broker's are kept and told, and change nothing: what this
// cluster does stands in its options. Sources: Kafka's ConfigurationControlManager,
// ConfigAdminManager, DynamicBrokerConfig.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/topics.h"

#include <map>
#include <string>

namespace rookery::mock {

class Configs {
 public:
  Configs(Core& core, Topics& topics) : core_(core), topics_(topics) {}

  DescribeConfigsResponse describe(NodeId node, const DescribeConfigsRequest& request) const;
  AlterConfigsResponse replace(NodeId node, const AlterConfigsRequest& request);
  AlterConfigsResponse change(NodeId node, const IncrementalAlterConfigsRequest& request);

 private:
  using Settings = std::map<std::string, std::string>;

  // What the resource has of its own. Errors: there is no such thing, or another node is to be
  // asked.
  Result<Settings> own(NodeId node, const ConfigResource& resource) const;
  Status set(const ConfigResource& resource, Settings settings);
  Status may_change(NodeId node, const ConfigResource& resource) const;
  std::vector<ConfigEntry> entries(const ConfigResource& resource, const Settings& settings) const;

  Core& core_;
  Topics& topics_;
  std::map<NodeId, Settings> brokers_;  // set while they ran
};

}  // namespace rookery::mock
