// fake_admin.cc
//
// What the fake transport's admin client is answered.
#include <rookery/transport/testing/fake_transport.h>

#include <algorithm>
#include <utility>

namespace rookery::fakes {
namespace {

// Describes the topics that the test named, and where logs begin; nothing else.
class FakeAdmin final : public AdminClient {
 public:
  FakeAdmin(Board& board, FakeTransport& transport) : board_(board), transport_(transport) {}

  void close() override {}
  Result<ClusterDescription> describe(const std::vector<std::string>& topics, TimePoint) override {
    ClusterDescription cluster;
    std::string missing;
    board_.change([&] {
      ++transport_.describes;
      for (const std::string& topic : topics) {
        const auto found = transport_.topics.find(topic);
        const std::int32_t count =
            found != transport_.topics.end() ? found->second : transport_.other_topics;
        if (count == 0) {
          missing = topic;
          continue;
        }
        cluster.topics.push_back({.name = topic});
        for (PartitionId partition = 0; partition < count; ++partition) {
          cluster.topics.back().partitions.push_back({partition, 0});
        }
      }
    });
    if (missing.empty()) return cluster;
    return rookery::fail(ErrorCode::kUnknownTopicOrPartition, "topic '" + missing + "'");
  }

  std::vector<Status> create_topics(const std::vector<NewTopic>& topics, TimePoint) override {
    return std::vector<Status>(topics.size(), unsupported());
  }
  std::vector<Status> delete_topics(const std::vector<std::string>& topics, TimePoint) override {
    return std::vector<Status>(topics.size(), unsupported());
  }
  std::vector<Status> create_partitions(const std::vector<NewPartitions>& topics,
                                        TimePoint) override {
    return std::vector<Status>(topics.size(), unsupported());
  }
  Result<std::vector<Watermarks>> watermarks(const std::vector<TopicPartition>& partitions,
                                             TimePoint) override {
    std::vector<Watermarks> all;
    std::optional<Error> error;
    board_.change([&] {
      ++transport_.watermark_questions;
      error = transport_.watermarks_error;
      for (const TopicPartition& partition : partitions) {
        const auto found = transport_.log_starts.find(partition);
        const Offset low = found == transport_.log_starts.end() ? 0 : found->second;
        const auto stream = transport_.stream_of(partition);
        const Offset high = stream ? std::max(low, stream->end_locked()) : low;
        all.push_back({.partition = partition, .low = low, .high = high});
      }
    });
    if (error) return rookery::fail(*error);
    return all;
  }
  Result<std::vector<std::optional<Offset>>> offsets_for_time(
      const std::vector<TopicPartition>& partitions, Timestamp time, TimePoint) override {
    std::vector<std::optional<Offset>> all;
    board_.look([&] {
      for (const TopicPartition& partition : partitions) {
        const auto stream = transport_.stream_of(partition);
        all.push_back(stream ? stream->offset_for_time_locked(time.time_since_epoch().count())
                             : std::nullopt);
      }
    });
    return all;
  }
  std::vector<Result<ConsumerGroupDescription>> describe_groups(
      const std::vector<std::string>& groups, TimePoint) override {
    return std::vector<Result<ConsumerGroupDescription>>(groups.size(), unsupported());
  }
  std::vector<Result<std::vector<GroupOffset>>> group_offsets(
      const std::vector<std::string>& groups, TimePoint) override {
    return std::vector<Result<std::vector<GroupOffset>>>(groups.size(), unsupported());
  }
  std::vector<Status> alter_group_offsets(const std::vector<GroupOffsets>& groups,
                                          TimePoint) override {
    return std::vector<Status>(groups.size(), unsupported());
  }
  std::vector<Status> delete_group_offsets(const std::vector<GroupPartitions>& groups,
                                           TimePoint) override {
    return std::vector<Status>(groups.size(), unsupported());
  }
  std::vector<Result<Offset>> delete_records(const std::vector<TopicPartitionOffset>& partitions,
                                             TimePoint) override {
    return std::vector<Result<Offset>>(partitions.size(), unsupported());
  }
  Result<std::vector<GroupListing>> groups(TimePoint) override { return unsupported(); }
  std::vector<Status> delete_groups(const std::vector<std::string>& groups, TimePoint) override {
    return std::vector<Status>(groups.size(), unsupported());
  }
  std::vector<Result<std::vector<ConfigEntry>>> configs(
      const std::vector<ConfigResource>& resources, TimePoint) override {
    return std::vector<Result<std::vector<ConfigEntry>>>(resources.size(), unsupported());
  }
  std::vector<Status> alter_configs(const std::vector<ConfigChange>& changes, TimePoint) override {
    return std::vector<Status>(changes.size(), unsupported());
  }
  std::vector<Status> replace_configs(const std::vector<ConfigValues>& values, TimePoint) override {
    return std::vector<Status>(values.size(), unsupported());
  }
  std::vector<Status> create_acls(const std::vector<Acl>& acls, TimePoint) override {
    return std::vector<Status>(acls.size(), unsupported());
  }
  Result<std::vector<Acl>> acls(const AclFilter&, TimePoint) override { return unsupported(); }
  std::vector<Result<std::vector<Acl>>> delete_acls(const std::vector<AclFilter>& filters,
                                                    TimePoint) override {
    return std::vector<Result<std::vector<Acl>>>(filters.size(), unsupported());
  }

 private:
  static tl::unexpected<Error> unsupported() {
    return rookery::fail(ErrorCode::kUnsupported, "not in this fake");
  }

  Board& board_;
  FakeTransport& transport_;
};

}  // namespace

Result<std::unique_ptr<AdminClient>> FakeTransport::make_admin(ConfigMap) {
  return std::make_unique<FakeAdmin>(board_, *this);
}

}  // namespace rookery::fakes
