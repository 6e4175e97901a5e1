// admin_records.cc
//
// Deletes what logs begin with: one call for all partitions, which librdkafka sends to their
// leaders.
#include <rookery/transport/librdkafka/admin.h>

#include <rookery/transport/librdkafka/admin_calls.h>
#include <rookery/transport/librdkafka/errors.h>
#include <rookery/transport/librdkafka/partition_lists.h>

#include <algorithm>
#include <map>
#include <set>

namespace rookery::librdkafka {
namespace {

using Answers = std::vector<Result<Offset>>;

// A leader that is gone is waited for no longer than this; then the next one is asked.
constexpr Duration kRound = std::chrono::seconds(5);

// How many partitions each topic has, or why nobody knows. All are asked for at once; one that is
// unknown fails such a question, and then each has its own.
std::map<std::string, Result<std::size_t>> counted(
    AdminClient& admin, const std::vector<TopicPartitionOffset>& partitions, TimePoint deadline) {
  std::map<std::string, Result<std::size_t>> counts;
  std::set<std::string> names;
  for (const auto& [partition, offset] : partitions) names.insert(partition.topic);
  const auto keep = [&](const std::vector<std::string>& topics) -> Status {
    const auto cluster = admin.describe(topics, deadline);
    if (!cluster) return fail(cluster.error());
    for (const TopicDescription& topic : cluster->topics) {
      counts.insert_or_assign(topic.name, topic.partitions.size());
    }
    return {};
  };
  if (names.empty()) return counts;
  static_cast<void>(keep({names.begin(), names.end()}));
  for (const std::string& name : names) {
    if (counts.contains(name)) continue;
    const Status kept = keep({name});
    if (!kept) counts.emplace(name, fail(kept.error()));
  }
  return counts;
}

// Whether the partitions are there, and why not: the library refuses the whole call for one that is
// not.
Answers checked(AdminClient& admin, const std::vector<TopicPartitionOffset>& partitions,
                TimePoint deadline) {
  Answers answers;
  std::map<std::string, Result<std::size_t>> counts = counted(admin, partitions, deadline);
  for (const auto& [partition, offset] : partitions) {
    const Result<std::size_t>& count = counts.at(partition.topic);
    const bool is_there =
        count && partition.partition >= 0 && static_cast<std::size_t>(partition.partition) < *count;
    if (!count) {
      answers.push_back(fail(count.error()));
    } else if (!is_there) {
      answers.push_back(fail(ErrorCode::kUnknownTopicOrPartition, partition.text()));
    } else if (offset < kAllRecords) {
      answers.push_back(fail(ErrorCode::kOffsetOutOfRange,
                             partition.text() + ": an offset of " + std::to_string(offset)));
    } else {
      answers.push_back(
          fail(ErrorCode::kTimedOut, "delete records of " + partition.text() + ": no answer"));
    }
  }
  return answers;
}

}  // namespace

std::vector<Result<Offset>> Admin::delete_records(
    const std::vector<TopicPartitionOffset>& partitions, TimePoint deadline) {
  AdminCall call(line_);
  if (call.is_cut()) return Answers(partitions.size(), fail(call.cut_error("delete records")));
  Answers answers = checked(*this, partitions, deadline);
  std::map<TopicPartition, std::size_t> open;  // one that is named twice counts once, the last
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    if (answers[i].error().code == ErrorCode::kTimedOut) open[partitions[i].partition] = i;
  }
  const auto send = [&](std::size_t, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
    const PartitionListHandle list = new_list(open.size());
    for (const auto& [partition, i] : open) {
      add_to(list.get(), partition)->offset =
          partitions[i].offset == kAllRecords ? RD_KAFKA_OFFSET_END : partitions[i].offset;
    }
    const DeleteRecordsHandle order(rd_kafka_DeleteRecords_new(list.get()));
    rd_kafka_DeleteRecords_t* orders[] = {order.get()};
    rd_kafka_DeleteRecords(call.client(), orders, 1, options, to);
  };
  const auto read = [&](std::size_t, rd_kafka_event_t* event) {
    std::optional<Error> again;
    const auto* list =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
    for (int at = 0; list != nullptr && at < list->cnt; ++at) {
      const rd_kafka_topic_partition_t& entry = list->elems[at];
      const TopicPartition partition = partition_of(entry);
      const auto found = open.find(partition);
      if (found == open.end()) continue;
      Result<Offset>& answer = answers[found->second];
      if (entry.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        answer = entry.offset;
        open.erase(found);
        continue;
      }
      const Error error = make_error(entry.err, "delete records of " + partition.text());
      answer = fail(error);
      if (is_to_be_repeated(error) || error.code == ErrorCode::kTimedOut) {
        again = error;
      } else {
        open.erase(found);
      }
    }
    return again;
  };
  while (!open.empty()) {
    const TimePoint round = std::min(deadline, deadline_in(kRound));
    const auto errors = call_each(call, RD_KAFKA_ADMIN_OP_DELETERECORDS, {"delete records"}, {true},
                                  round, send, read);
    if (!errors[0]) break;
    const bool may_pass = errors[0]->code == ErrorCode::kTimedOut || is_to_be_repeated(*errors[0]);
    if (!may_pass) {
      for (const auto& [partition, i] : open) answers[i] = fail(*errors[0]);
    }
    if (!may_pass || call.is_cut() || now() >= deadline) break;
    // Who leads now: the library keeps what it knew, and waits for that node.
    static_cast<void>(checked(*this, partitions, deadline));
  }
  // Named again: as the last.
  std::map<TopicPartition, std::size_t> last;
  for (std::size_t i = 0; i < partitions.size(); ++i) last[partitions[i].partition] = i;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    if (!answers[i] && answers[i].error().code == ErrorCode::kTimedOut) {
      answers[i] = answers[last.at(partitions[i].partition)];
    }
  }
  return answers;
}

}  // namespace rookery::librdkafka
