// cluster_outcome.cc
//
// Records as they are stored, and those that were lost by right.

#include "simulations/world/cluster_outcome.h"

#include <utility>

#include "mockbroker/cluster/inspection.h"

namespace rookery::sim {

std::vector<testing::Outcome::StoredRecord> ClusterOutcome::records(
    const std::string& topic) const {
  std::vector<StoredRecord> all;
  const std::int32_t partitions = cluster_.inspect().partition_count(topic).value_or(0);
  for (PartitionId partition = 0; partition < partitions; ++partition) {
    const TopicPartition place{topic, partition};
    for (mock::StoredRecord& record : cluster_.inspect().records(place)) {
      const bool is_owed = !recorder_.is_restored(place, record.offset);
      all.push_back({place, record.offset, std::move(record.key), std::move(record.value),
                     std::move(record.headers), is_owed});
    }
  }
  return all;
}

std::vector<testing::Outcome::LostRecord> ClusterOutcome::lost_records(
    const std::string& topic) const {
  std::vector<LostRecord> all;
  for (const ClusterRecorder::Lost& lost : recorder_.legally_lost()) {
    if (lost.partition.topic != topic) continue;
    const mock::StoredRecord& record = lost.record;
    all.push_back({{lost.partition, record.offset, record.key, record.value, record.headers,
                    /*is_owed=*/false},
                   lost.reason});
  }
  return all;
}

}  // namespace rookery::sim
