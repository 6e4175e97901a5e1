// admin.cc
//
// Each order goes out as one request for all its topics; what librdkafka does not try again, we do,
// to the deadline.
#include <rookery/transport/librdkafka/admin.h>

#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/admin_calls.h>
#include <rookery/transport/librdkafka/errors.h>
#include <rookery/transport/librdkafka/partition_lists.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace rookery::librdkafka {

namespace {

// Grows with each try: a large cluster may need longer.
constexpr int kMetadataSliceMs = 5'000;
// Where no broker is connected yet: why it is not may have been heard by then.
constexpr int kFirstSliceMs = 500;
constexpr int kControllerMs = 200;

using TopicResults = const rd_kafka_topic_result_t** (*)(rd_kafka_event_t*, std::size_t*);

const rd_kafka_topic_result_t** created(rd_kafka_event_t* event, std::size_t* count) {
  return rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), count);
}
const rd_kafka_topic_result_t** deleted(rd_kafka_event_t* event, std::size_t* count) {
  return rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), count);
}
const rd_kafka_topic_result_t** grown(rd_kafka_event_t* event, std::size_t* count) {
  return rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event),
                                                 count);
}

// The statuses of topics that are asked about, by name.
std::map<std::string, Status> statuses_in(rd_kafka_event_t* event, TopicResults results,
                                          const char* order) {
  std::map<std::string, Status> statuses;
  std::size_t count = 0;
  const rd_kafka_topic_result_t** topics = results(event, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_topic_result_name(topics[i]);
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(topics[i]);
    Status status;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      status = fail(
          make_error(error, order + (" " + name), rd_kafka_topic_result_error_string(topics[i])));
    }
    statuses.emplace(name, std::move(status));
  }
  return statuses;
}

// Sends the order for the topics that are open, until each has a lasting answer, the client is
// closed or the deadline comes.
std::vector<Status> carry_out(const std::vector<std::string>& names, std::vector<Status> statuses,
                              std::vector<bool> open, const char* order, TopicResults results,
                              AdminCall& call, TimePoint deadline,
                              const std::function<EventHandle(const std::vector<bool>&)>& send) {
  for (;;) {
    if (std::find(open.begin(), open.end(), true) == open.end()) return statuses;
    const EventHandle event = call.is_cut() ? EventHandle() : send(open);
    if (!event && call.is_cut()) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (open[i]) statuses[i] = fail(call.cut_error(order + (" " + names[i])));
      }
      return statuses;
    }
    Status overall = fail(ErrorCode::kTimedOut, std::string(order) + ": no answer in time");
    std::map<std::string, Status> answers;
    if (event) {
      overall = Status{};
      if (const auto error = rd_kafka_event_error(event.get());
          error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        overall = fail(make_error(error, order, rd_kafka_event_error_string(event.get())));
      }
      answers = statuses_in(event.get(), results, order);
    }
    const bool is_over = now() + kRetryEvery >= deadline;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!open[i]) continue;
      const auto found = answers.find(names[i]);
      statuses[i] = found != answers.end() ? found->second : overall;
      open[i] = !is_over && !statuses[i] && is_to_be_repeated(statuses[i].error());
      if (!statuses[i] && !open[i]) statuses[i] = fail(call.explained(statuses[i].error()));
    }
    if (std::find(open.begin(), open.end(), true) != open.end()) {
      call.pause();
    }
  }
}

}  // namespace

Result<std::unique_ptr<AdminClient>> Admin::make(const ConfigMap& common, const ConfigMap& own,
                                                 LogHandler on_log,
                                                 std::shared_ptr<Reaper> reaper) {
  Result<BuiltConfig> config = build_config(common, own, Role::kAdmin);
  if (!config) return fail(config.error());
  rd_kafka_conf_set_events(config->conf.get(), RD_KAFKA_EVENT_ERROR);
  // A consumer's metadata requests never create topics, a producer's may.
  auto connection =
      Connection::make(RD_KAFKA_CONSUMER, std::move(*config), std::move(on_log), std::move(reaper));
  if (!connection) return fail(connection.error());
  return std::make_unique<Admin>(std::move(*connection));
}

std::vector<Status> Admin::create_topics(const std::vector<NewTopic>& topics, TimePoint deadline) {
  AdminCall call(line_);
  std::vector<Status> statuses(topics.size());
  std::vector<bool> open(topics.size(), true);
  std::vector<std::string> names;
  std::vector<NewTopicHandle> orders;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    const NewTopic& topic = topics[i];
    names.push_back(topic.name);
    std::array<char, 256> text{};
    orders.emplace_back(rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions,
                                              topic.replication_factor, text.data(), text.size()));
    if (topic.partitions < 1) {
      statuses[i] =
          fail(ErrorCode::kInvalidPartitions,
               "create " + topic.name + ": " + std::to_string(topic.partitions) + " partitions");
      open[i] = false;
    } else if (topic.name.empty()) {
      statuses[i] = fail(ErrorCode::kInvalidTopic, "create: a topic without a name");
      open[i] = false;
    } else if (!orders.back()) {
      statuses[i] = fail(ErrorCode::kInvalidArgument, "create " + topic.name + ": " + text.data());
      open[i] = false;
    }
    if (!orders.back()) continue;
    for (const auto& [name, value] : topic.config) {
      rd_kafka_NewTopic_set_config(orders.back().get(), name.c_str(), value.c_str());
    }
  }
  return carry_out(
      names, std::move(statuses), std::move(open), "create", created, call, deadline,
      [&](const std::vector<bool>& wanted) {
        std::vector<rd_kafka_NewTopic_t*> list;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          if (wanted[i]) list.push_back(orders[i].get());
        }
        rd_kafka_t* client = call.client();
        const QueueHandle queue(rd_kafka_queue_new(client));
        const auto options = options_for(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, deadline);
        rd_kafka_CreateTopics(client, list.data(), list.size(), options.get(), queue.get());
        return call.await(queue.get(), deadline);
      });
}

std::vector<Status> Admin::delete_topics(const std::vector<std::string>& topics,
                                         TimePoint deadline) {
  AdminCall call(line_);
  std::vector<Status> statuses(topics.size());
  std::vector<bool> open(topics.size(), true);
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (!topics[i].empty()) continue;
    statuses[i] = fail(ErrorCode::kInvalidTopic, "delete: a topic without a name");
    open[i] = false;
  }
  return carry_out(
      topics, std::move(statuses), std::move(open), "delete", deleted, call, deadline,
      [&](const std::vector<bool>& wanted) {
        std::vector<DeleteTopicHandle> orders;
        std::vector<rd_kafka_DeleteTopic_t*> list;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          if (!wanted[i]) continue;
          orders.emplace_back(rd_kafka_DeleteTopic_new(topics[i].c_str()));
          list.push_back(orders.back().get());
        }
        rd_kafka_t* client = call.client();
        const QueueHandle queue(rd_kafka_queue_new(client));
        const auto options = options_for(client, RD_KAFKA_ADMIN_OP_DELETETOPICS, deadline);
        rd_kafka_DeleteTopics(client, list.data(), list.size(), options.get(), queue.get());
        return call.await(queue.get(), deadline);
      });
}

std::vector<Status> Admin::create_partitions(const std::vector<NewPartitions>& topics,
                                             TimePoint deadline) {
  AdminCall call(line_);
  std::vector<Status> statuses(topics.size());
  std::vector<bool> open(topics.size(), true);
  std::vector<std::string> names;
  std::vector<NewPartitionsHandle> orders;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    const auto& [topic, total] = topics[i];
    names.push_back(topic);
    std::array<char, 256> text{};
    orders.emplace_back(total < 1 ? nullptr
                                  : rd_kafka_NewPartitions_new(topic.c_str(),
                                                               static_cast<std::size_t>(total),
                                                               text.data(), text.size()));
    if (total >= 1 && orders.back()) continue;
    statuses[i] = fail(total < 1 ? ErrorCode::kInvalidPartitions : ErrorCode::kInvalidArgument,
                       "create partitions of " + topic + ": " +
                           (total < 1 ? std::to_string(total) + " in all" : text.data()));
    open[i] = false;
  }
  return carry_out(
      names, std::move(statuses), std::move(open), "create partitions of", grown, call, deadline,
      [&](const std::vector<bool>& wanted) {
        std::vector<rd_kafka_NewPartitions_t*> list;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          if (wanted[i]) list.push_back(orders[i].get());
        }
        rd_kafka_t* client = call.client();
        const QueueHandle queue(rd_kafka_queue_new(client));
        const auto options = options_for(client, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, deadline);
        rd_kafka_CreatePartitions(client, list.data(), list.size(), options.get(), queue.get());
        return call.await(queue.get(), deadline);
      });
}

Result<ClusterDescription> Admin::metadata(AdminCall& call, const std::string* topic,
                                           TimePoint deadline) {
  const std::string what = "describe" + (topic != nullptr ? " " + *topic : "");
  TopicHandle handle;
  if (topic != nullptr) handle.reset(rd_kafka_topic_new(call.client(), topic->c_str(), nullptr));
  const struct rd_kafka_metadata* raw = nullptr;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  // The library asks one node, and goes on waiting for it when it dies: the next try asks another.
  for (int slice_ms = kMetadataSliceMs;;) {
    if (call.is_cut()) return fail(call.cut_error(what));
    const int most_ms = call.is_connected() ? slice_ms : kFirstSliceMs;
    error = rd_kafka_metadata(call.client(), topic == nullptr ? 1 : 0, handle.get(), &raw,
                              std::max(1, milliseconds_until(deadline, most_ms)));
    if (most_ms == slice_ms) slice_ms = std::min(2 * slice_ms, kHourMs);
    const bool may_pass =
        error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (!may_pass || now() + kRetryEvery >= deadline) break;
    call.pause();  // no broker is connected yet
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(call.explained(make_error(error, what)));
  }
  const MetadataHandle owner(raw);
  ClusterDescription cluster;
  for (int i = 0; i < raw->broker_cnt; ++i) {
    const auto& broker = raw->brokers[i];
    cluster.nodes.push_back({.id = broker.id, .host = broker.host, .port = broker.port});
  }
  for (int i = 0; i < raw->topic_cnt; ++i) {
    const auto& found = raw->topics[i];
    // A topic that is just being made has partitions without leaders; that is not an error.
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR &&
        found.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
      if (topic == nullptr) continue;  // deleted while the broker answered
      return fail(make_error(found.err, *topic));
    }
    TopicDescription& description = cluster.topics.emplace_back();
    description.name = found.topic;
    for (int j = 0; j < found.partition_cnt; ++j) {
      const auto& one = found.partitions[j];
      description.partitions.push_back({.partition = one.id,
                                        .leader = one.leader,
                                        .replicas = {one.replicas, one.replicas + one.replica_cnt},
                                        .in_sync_replicas = {one.isrs, one.isrs + one.isr_cnt}});
    }
    std::sort(description.partitions.begin(), description.partitions.end(),
              [](const auto& a, const auto& b) { return a.partition < b.partition; });
  }
  return cluster;
}

Result<ClusterDescription> Admin::describe(const std::vector<std::string>& topics,
                                           TimePoint deadline) {
  AdminCall call(line_);
  ClusterDescription cluster;
  if (topics.empty()) {
    Result<ClusterDescription> all = metadata(call, nullptr, deadline);
    if (!all) return all;
    cluster = std::move(*all);
  }
  for (const std::string& topic : topics) {
    if (topic.empty()) return fail(ErrorCode::kInvalidTopic, "describe: a topic without a name");
    Result<ClusterDescription> one = metadata(call, &topic, deadline);
    if (!one) return one;
    if (one->topics.empty())
      return fail(ErrorCode::kUnknownTopicOrPartition, topic + ": unknown topic");
    cluster.nodes = std::move(one->nodes);
    cluster.topics.push_back(std::move(one->topics.front()));
  }
  std::sort(cluster.nodes.begin(), cluster.nodes.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  // Known from the metadata just read; -1 while there is none.
  cluster.controller =
      rd_kafka_controllerid(call.client(), milliseconds_until(deadline, kControllerMs));
  return cluster;
}

Result<std::vector<Offset>> Admin::list_offsets(const std::vector<TopicPartition>& partitions,
                                                std::int64_t what, TimePoint deadline) {
  AdminCall call(line_);
  const std::string all = "offsets of " + rookery::text(partitions);
  for (;;) {
    if (call.is_cut()) return fail(call.cut_error(all));
    const PartitionListHandle list = new_list(partitions.size());
    for (const TopicPartition& partition : partitions) add_to(list.get(), partition)->offset = what;
    const auto overall = rd_kafka_offsets_for_times(
        call.client(), list.get(), std::max(1, milliseconds_until(deadline, kHourMs)));
    std::optional<Error> error;
    if (overall != RD_KAFKA_RESP_ERR_NO_ERROR) error = make_error(overall, all);
    std::map<TopicPartition, Offset> offsets;
    for (int i = 0; i < list->cnt; ++i) {
      const rd_kafka_topic_partition_t& entry = list->elems[i];
      // Where nothing came for all, nothing came for each.
      const bool is_open = error && entry.err == RD_KAFKA_RESP_ERR__IN_PROGRESS;
      if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_open)
        error = make_error(entry.err, partition_of(entry).text());
      offsets[partition_of(entry)] = entry.offset;
    }
    if (!error) {
      std::vector<Offset> answer;
      for (const TopicPartition& partition : partitions) answer.push_back(offsets.at(partition));
      return answer;
    }
    if (!is_to_be_repeated(*error) || now() + kRetryEvery >= deadline)
      return fail(call.explained(*std::move(error)));
    call.pause();
  }
}

Result<std::vector<Watermarks>> Admin::watermarks(const std::vector<TopicPartition>& partitions,
                                                  TimePoint deadline) {
  if (partitions.empty()) return std::vector<Watermarks>{};
  const Result<std::vector<Offset>> low = list_offsets(partitions, kEarliestOffset, deadline);
  if (!low) return fail(low.error());
  const Result<std::vector<Offset>> high = list_offsets(partitions, kLatestOffset, deadline);
  if (!high) return fail(high.error());
  std::vector<Watermarks> answer;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    answer.push_back({.partition = partitions[i], .low = (*low)[i], .high = (*high)[i]});
  }
  return answer;
}

Result<std::vector<std::optional<Offset>>> Admin::offsets_for_time(
    const std::vector<TopicPartition>& partitions, Timestamp time, TimePoint deadline) {
  if (partitions.empty()) return std::vector<std::optional<Offset>>{};
  const std::int64_t milliseconds_since_epoch = time.time_since_epoch().count();
  if (milliseconds_since_epoch < 0) {
    return fail(ErrorCode::kInvalidArgument, "offsets_for_time: a time before 1970");
  }
  const Result<std::vector<Offset>> offsets =
      list_offsets(partitions, milliseconds_since_epoch, deadline);
  if (!offsets) return fail(offsets.error());
  std::vector<std::optional<Offset>> answer;
  for (const Offset offset : *offsets)
    answer.push_back(offset < 0 ? std::nullopt : std::optional(offset));
  return answer;
}

}  // namespace rookery::librdkafka
