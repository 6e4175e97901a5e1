// partition_lists.h
//
// Between librdkafka's lists of partitions and our own values.
#pragma once

#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>
#include <rookery/transport/group_consumer.h>
#include <rookery/transport/librdkafka/handles.h>

#include <map>
#include <string>
#include <vector>

namespace rookery::librdkafka {

PartitionListHandle new_list(std::size_t size = 0);
PartitionListHandle copy_of(const rd_kafka_topic_partition_list_t* list);
rd_kafka_topic_partition_t* add_to(rd_kafka_topic_partition_list_t* list,
                                   const TopicPartition& partition);
std::vector<TopicPartition> partitions_of(const rd_kafka_topic_partition_list_t* list);
TopicPartition partition_of(const rd_kafka_topic_partition_t& entry);

// librdkafka's own memory for the metadata; it frees it with the list.
void set_metadata(rd_kafka_t* client, rd_kafka_topic_partition_t* entry,
                  const std::string& metadata);

// What ListConsumerGroupOffsets says about each partition.
struct FoundOffsets {
  std::map<TopicPartition, CommittedOffset> found;
  std::map<TopicPartition, Error> failed;  // to be asked again, or not, as the error says
};
// The whole answer's error when there is one.
Result<FoundOffsets> offsets_in(rd_kafka_event_t* event);

// Asks the group's coordinator; the answer comes to `queue` as an event with this opaque.
void request_offsets(rd_kafka_t* client, const std::string& group_id,
                     const std::vector<TopicPartition>& partitions, rd_kafka_queue_t* queue,
                     std::uint64_t opaque, int timeout_ms);

}  // namespace rookery::librdkafka
