// in_process_kafka.cc
//
// Topics, made without a client.
#include "mockbroker/transport/in_process_kafka.h"

#include <utility>

namespace rookery::mock {

Status InProcessKafka::create_topic(const std::string& name, std::int32_t partitions,
                                    std::map<std::string, std::string> config,
                                    std::int16_t replication_factor) {
  Status status;
  network_.with_cluster([&](Cluster& cluster, TimePoint at, WallTime) {
    status = cluster.create_topic(at, {.name = name,
                                       .partitions = partitions,
                                       .replication_factor = replication_factor,
                                       .config = std::move(config)});
  });
  return status;
}

Status InProcessKafka::delete_topic(const std::string& name) {
  Status status;
  network_.with_cluster(
      [&](Cluster& cluster, TimePoint at, WallTime) { status = cluster.delete_topic(at, name); });
  return status;
}

}  // namespace rookery::mock
