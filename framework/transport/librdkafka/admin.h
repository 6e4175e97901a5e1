// admin.h
//
// An AdminClient on librdkafka, with a connection of its own.
//
// Thread rules: as AdminClient.
#pragma once

#include <rookery/transport/admin_client.h>
#include <rookery/transport/librdkafka/admin_line.h>
#include <rookery/transport/librdkafka/connection.h>
#include <rookery/transport/librdkafka/reaper.h>

#include <memory>
#include <string>
#include <vector>

namespace rookery::librdkafka {

class Admin final : public AdminClient {
 public:
  static Result<std::unique_ptr<AdminClient>> make(const ConfigMap& common, const ConfigMap& own,
                                                   LogHandler on_log,
                                                   std::shared_ptr<Reaper> reaper);
  explicit Admin(std::shared_ptr<Connection> connection) : line_(std::move(connection)) {}

  void close() override { line_.close(); }

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
  // ListOffsets: in one batch for all partitions; `what` is a time in milliseconds, -1 (end) or -2
  // (beginning).
  Result<std::vector<Offset>> list_offsets(const std::vector<TopicPartition>& partitions,
                                           std::int64_t what, TimePoint deadline);
  Result<ClusterDescription> metadata(AdminCall& call, const std::string* topic,
                                      TimePoint deadline);
  // Which of the groups may be changed: those that have no members.
  std::vector<Status> changeable(const std::vector<std::string>& groups, TimePoint deadline);

  AdminLine line_;
};

}  // namespace rookery::librdkafka
