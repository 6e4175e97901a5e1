// partition_lists.cc
//
// Conversions, and the question for committed offsets, which consumers ask in two places.
#include <rookery/transport/librdkafka/partition_lists.h>

#include <rookery/transport/librdkafka/errors.h>

#include <array>
#include <cstring>
#include <utility>

namespace rookery::librdkafka {

PartitionListHandle new_list(std::size_t size) {
  return PartitionListHandle(rd_kafka_topic_partition_list_new(static_cast<int>(size)));
}

PartitionListHandle copy_of(const rd_kafka_topic_partition_list_t* list) {
  return PartitionListHandle(rd_kafka_topic_partition_list_copy(list));
}

rd_kafka_topic_partition_t* add_to(rd_kafka_topic_partition_list_t* list,
                                   const TopicPartition& partition) {
  return rd_kafka_topic_partition_list_add(list, partition.topic.c_str(), partition.partition);
}

TopicPartition partition_of(const rd_kafka_topic_partition_t& entry) {
  return TopicPartition{.topic = entry.topic, .partition = entry.partition};
}

std::vector<TopicPartition> partitions_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> partitions;
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    partitions.push_back(partition_of(list->elems[i]));
  }
  return partitions;
}

void set_metadata(rd_kafka_t* client, rd_kafka_topic_partition_t* entry,
                  const std::string& metadata) {
  if (metadata.empty()) return;
  entry->metadata = rd_kafka_mem_malloc(client, metadata.size());
  entry->metadata_size = metadata.size();
  std::memcpy(entry->metadata, metadata.data(), metadata.size());
}

Result<FoundOffsets> offsets_in(rd_kafka_event_t* event) {
  if (const rd_kafka_resp_err_t error = rd_kafka_event_error(event);
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(make_error(error, "committed offsets", rd_kafka_event_error_string(event)));
  }
  const auto* result = rd_kafka_event_ListConsumerGroupOffsets_result(event);
  std::size_t count = 0;
  const auto* groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
  FoundOffsets offsets;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto* error = rd_kafka_group_result_error(groups[i])) {
      return fail(make_error(error, "committed offsets"));
    }
    const auto* list = rd_kafka_group_result_partitions(groups[i]);
    for (int j = 0; list != nullptr && j < list->cnt; ++j) {
      const rd_kafka_topic_partition_t& entry = list->elems[j];
      TopicPartition partition = partition_of(entry);
      if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        Error error = make_error(entry.err, partition.text() + ": committed offset");
        error.retriable = error.retriable || entry.err == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT;
        offsets.failed.emplace(std::move(partition), std::move(error));
        continue;
      }
      CommittedOffset committed{.partition = partition};
      if (entry.offset >= 0) {
        committed.offset = entry.offset;
        committed.metadata.assign(static_cast<const char*>(entry.metadata), entry.metadata_size);
      }
      offsets.found.emplace(std::move(partition), std::move(committed));
    }
  }
  return offsets;
}

void request_offsets(rd_kafka_t* client, const std::string& group_id,
                     const std::vector<TopicPartition>& partitions, rd_kafka_queue_t* queue,
                     std::uint64_t opaque, int timeout_ms) {
  const AdminOptionsHandle options(
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS));
  std::array<char, 256> text{};
  // Our own range of timeouts is inside librdkafka's, so this cannot be refused.
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, text.data(), text.size());
  // An offset that an open transaction is about to change must be waited for (KIP-447).
  ErrorHandle refused(rd_kafka_AdminOptions_set_require_stable_offsets(options.get(), 1));
  rd_kafka_AdminOptions_set_opaque(options.get(), reinterpret_cast<void*>(opaque));
  const PartitionListHandle list = new_list(partitions.size());
  for (const TopicPartition& partition : partitions) add_to(list.get(), partition);
  const GroupOffsetsHandle question(
      rd_kafka_ListConsumerGroupOffsets_new(group_id.c_str(), list.get()));
  rd_kafka_ListConsumerGroupOffsets_t* questions[] = {question.get()};
  rd_kafka_ListConsumerGroupOffsets(client, questions, 1, options.get(), queue);
}

}  // namespace rookery::librdkafka
