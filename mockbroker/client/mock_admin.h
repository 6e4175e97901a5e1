// mock_admin.h
//
// The administrating half of the in-process Kafka's client. Each call has connections of its own,
// so that calls at once share nothing and a late answer finds nobody.
//
// Controller: asked for when needed; -1 means an election, asked again every 250 ms until the
// deadline; node 0 is a node; NOT_CONTROLLER: asked for once more, tried once more; one that cannot
// be reached is asked for until the deadline.
//
// Thread rules: any thread.
#pragma once

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/transport/admin_client.h>

#include <optional>
#include <string>
#include <vector>

#include "mockbroker/client/network_client.h"

namespace rookery::mock {

struct AdminSettings {
  NetworkClient::Settings client;
  Duration retry_backoff = std::chrono::milliseconds(100);
};

// The calls under way, in the order in which they began.
struct AdminCalls {
  Mutex mutex{"mock.admin", ranks::kAdmin};
  bool is_closed = false;
  std::vector<NetworkClient*> clients;
};

class MockAdmin final : public AdminClient {
 public:
  // `network` must outlive it.
  MockAdmin(Network& network, AdminSettings settings);

  void close() override;
  std::vector<Status> create_topics(const std::vector<NewTopic>& topics,
                                    TimePoint deadline) override;
  std::vector<Status> delete_topics(const std::vector<std::string>& topics,
                                    TimePoint deadline) override;
  std::vector<Status> create_partitions(const std::vector<NewPartitions>& topics,
                                        TimePoint deadline) override;
  Result<ClusterDescription> describe(const std::vector<std::string>& topics,
                                      TimePoint deadline) override;
  Result<std::vector<Watermarks>> watermarks(const std::vector<TopicPartition>& partitions,
                                             TimePoint deadline) override;
  Result<std::vector<std::optional<Offset>>> offsets_for_time(
      const std::vector<TopicPartition>& partitions, Timestamp time, TimePoint deadline) override;
  std::vector<Result<ConsumerGroupDescription>> describe_groups(
      const std::vector<std::string>& groups, TimePoint deadline) override;
  std::vector<Result<std::vector<GroupOffset>>> group_offsets(
      const std::vector<std::string>& groups, TimePoint deadline) override;
  std::vector<Status> alter_group_offsets(const std::vector<GroupOffsets>& groups,
                                          TimePoint deadline) override;
  std::vector<Status> delete_group_offsets(const std::vector<GroupPartitions>& groups,
                                           TimePoint deadline) override;
  std::vector<Result<Offset>> delete_records(const std::vector<TopicPartitionOffset>& partitions,
                                             TimePoint deadline) override;
  Result<std::vector<GroupListing>> groups(TimePoint deadline) override;
  std::vector<Status> delete_groups(const std::vector<std::string>& groups,
                                    TimePoint deadline) override;
  std::vector<Result<std::vector<ConfigEntry>>> configs(
      const std::vector<ConfigResource>& resources, TimePoint deadline) override;
  std::vector<Status> alter_configs(const std::vector<ConfigChange>& changes,
                                    TimePoint deadline) override;
  std::vector<Status> replace_configs(const std::vector<ConfigValues>& values,
                                      TimePoint deadline) override;
  std::vector<Status> create_acls(const std::vector<Acl>& acls, TimePoint deadline) override;
  Result<std::vector<Acl>> acls(const AclFilter& filter, TimePoint deadline) override;
  std::vector<Result<std::vector<Acl>>> delete_acls(const std::vector<AclFilter>& filters,
                                                    TimePoint deadline) override;

 private:
  std::vector<Status> change_topics(const Request& request, const std::vector<std::string>& names,
                                    TimePoint deadline);
  Result<std::vector<Offset>> look_up(const std::vector<TopicPartition>& partitions,
                                      const std::vector<std::int64_t>& timestamps,
                                      TimePoint deadline);

  Network& network_;
  const AdminSettings settings_;
  AdminCalls calls_;
};

}  // namespace rookery::mock
