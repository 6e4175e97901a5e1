// mock_admin.cc
//
// Calls that wait for their answer, to their deadline.
#include "mockbroker/client/mock_admin.h"

#include <algorithm>
#include <set>
#include <utility>

#include <rookery/transport/group_consumer.h>

#include "mockbroker/client/admin_call.h"
#include "mockbroker/client/admin_rounds.h"
#include "mockbroker/client/metadata.h"
#include "mockbroker/client/offset_lookups.h"

namespace rookery::mock {
namespace {

bool is_not_controller(const TopicsResponse& answer) {
  return std::any_of(answer.topics.begin(), answer.topics.end(),
                     [](const auto& topic) { return topic.error == ErrorCode::kNotController; });
}

}  // namespace

MockAdmin::MockAdmin(Network& network, AdminSettings settings)
    : network_(network), settings_(std::move(settings)) {}

void MockAdmin::close() {
  MutexLock lock(calls_.mutex);
  calls_.is_closed = true;
  for (NetworkClient* client : calls_.clients) client->wake();
}

std::vector<Status> MockAdmin::change_topics(const Request& request,
                                             const std::vector<std::string>& names,
                                             TimePoint deadline) {
  if (names.empty()) return {};
  AdminCall call(network_, settings_, calls_, deadline, api_name(request));
  const auto all = [&names](const Error& error) {
    return std::vector<Status>(names.size(), fail(error));
  };
  TopicsResponse answer;
  int refusals = 0;
  for (;;) {
    const Result<NodeId> controller = find_controller(call);
    if (!controller) return all(controller.error());
    Result<Response> response = call.ask(*controller, request);
    if (!response) {
      // It is gone, and the others do not know yet. An order that reached it may be carried out
      // twice: the second time says that it was.
      call.wait_until(deadline_in(kControllerInterval));
      if (call.is_over()) return all(call.ended(response.error().message));
      continue;
    }
    auto* topics = std::get_if<TopicsResponse>(&*response);
    if (!topics) return all({.message = std::string(api_name(request)) + ": a wrong answer"});
    answer = std::move(*topics);
    if (!is_not_controller(answer) || ++refusals == 2) break;
  }
  std::vector<Status> statuses;
  for (const std::string& topic : names) {
    const auto found = std::find_if(answer.topics.begin(), answer.topics.end(),
                                    [&topic](const auto& one) { return one.name == topic; });
    if (found == answer.topics.end()) {
      statuses.push_back(fail(ErrorCode::kUnknown, topic + ": not in the answer"));
    } else if (found->error) {
      const std::string why = found->message.empty() ? "" : ": " + found->message;
      statuses.push_back(fail(*found->error, "topic '" + topic + "'" + why));
    } else {
      statuses.emplace_back();
    }
  }
  return statuses;
}

std::vector<Status> MockAdmin::create_topics(const std::vector<NewTopic>& topics,
                                             TimePoint deadline) {
  CreateTopicsRequest request;
  std::vector<std::string> names;
  for (const NewTopic& topic : topics) {
    request.topics.push_back(
        {topic.name, topic.partitions, topic.replication_factor, topic.config});
    names.push_back(topic.name);
  }
  return change_topics(request, names, deadline);
}

std::vector<Status> MockAdmin::create_partitions(const std::vector<NewPartitions>& topics,
                                                 TimePoint deadline) {
  CreatePartitionsRequest request;
  std::vector<std::string> names;
  for (const NewPartitions& topic : topics) {
    request.topics.push_back({topic.topic, topic.total});
    names.push_back(topic.topic);
  }
  return change_topics(request, names, deadline);
}

std::vector<Status> MockAdmin::delete_topics(const std::vector<std::string>& topics,
                                             TimePoint deadline) {
  return change_topics(DeleteTopicsRequest{topics}, topics, deadline);
}

Result<ClusterDescription> MockAdmin::describe(const std::vector<std::string>& topics,
                                               TimePoint deadline) {
  AdminCall call(network_, settings_, calls_, deadline, "describe");
  MetadataRequest request;
  if (!topics.empty()) request.topics = topics;
  Result<Response> answer = call.ask(std::nullopt, request);
  if (!answer) return fail(answer.error());
  const auto* metadata = std::get_if<MetadataResponse>(&*answer);
  if (!metadata) return fail(ErrorCode::kUnknown, "describe: a wrong answer");
  ClusterDescription cluster{.controller = metadata->controller};
  for (const auto& node : metadata->nodes) cluster.nodes.push_back({node.id, node.host, node.port});
  for (const auto& topic : metadata->topics) {
    if (topic.error && *topic.error != ErrorCode::kLeaderNotAvailable) {
      return fail(*topic.error, "topic '" + topic.name + "'");
    }
    TopicDescription& described = cluster.topics.emplace_back();
    described.name = topic.name;
    for (const auto& partition : topic.partitions) {
      described.partitions.push_back(
          {partition.partition, partition.leader, partition.replicas, partition.in_sync_replicas});
    }
  }
  return cluster;
}

Result<std::vector<Offset>> MockAdmin::look_up(const std::vector<TopicPartition>& partitions,
                                               const std::vector<std::int64_t>& timestamps,
                                               TimePoint deadline) {
  AdminCall call(network_, settings_, calls_, deadline, "offset lookup");
  Metadata metadata(call.client(), {.retry_backoff = settings_.retry_backoff});
  OffsetLookups lookups(call.client(), metadata, settings_.retry_backoff);
  std::set<std::string> topics;
  for (const TopicPartition& partition : partitions) topics.insert(partition.topic);
  metadata.set_interest(topics, /*all=*/false);
  std::vector<Offset> offsets(partitions.size(), -1);
  std::vector<OffsetLookups::LookupId> ids;
  std::optional<Error> error;
  std::size_t left = partitions.size();
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    ids.push_back(lookups.begin(partitions[i], timestamps[i], [&, i](Result<Offset> offset) {
      --left;
      if (offset) {
        offsets[i] = *offset;
      } else if (!error) {
        error = offset.error();
      }
    }));
  }
  const auto is_done = [&] {
    for (const auto& [topic, code] : metadata.topic_errors()) {
      if (!error) error = Error{.code = code, .message = "topic '" + topic + "'"};
    }
    for (const TopicPartition& partition : partitions) {
      const std::optional<std::int32_t> count = metadata.partition_count(partition.topic);
      if (count && partition.partition >= *count && !error) {
        error = Error{.code = ErrorCode::kUnknownTopicOrPartition, .message = partition.text()};
      }
    }
    return left == 0 || error;
  };
  const bool is_answered = call.drive(metadata, lookups, is_done);
  if (error) return fail(*error);
  if (!is_answered) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::string problem = lookups.last_problem(ids[i]);
      if (problem != "answered") {
        return fail(call.ended(partitions[i].text() + ": " + problem));
      }
    }
  }
  return offsets;
}

Result<std::vector<Watermarks>> MockAdmin::watermarks(const std::vector<TopicPartition>& partitions,
                                                      TimePoint deadline) {
  std::vector<TopicPartition> twice;
  std::vector<std::int64_t> timestamps;
  for (const TopicPartition& partition : partitions) {
    twice.insert(twice.end(), 2, partition);
    timestamps.insert(timestamps.end(), {kEarliestOffset, kLatestOffset});
  }
  Result<std::vector<Offset>> offsets = look_up(twice, timestamps, deadline);
  if (!offsets) return fail(offsets.error());
  std::vector<Watermarks> watermarks;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    watermarks.push_back({partitions[i], (*offsets)[2 * i], (*offsets)[2 * i + 1]});
  }
  return watermarks;
}

Result<std::vector<std::optional<Offset>>> MockAdmin::offsets_for_time(
    const std::vector<TopicPartition>& partitions, Timestamp time, TimePoint deadline) {
  const std::vector<std::int64_t> timestamps(partitions.size(), time.time_since_epoch().count());
  Result<std::vector<Offset>> offsets = look_up(partitions, timestamps, deadline);
  if (!offsets) return fail(offsets.error());
  std::vector<std::optional<Offset>> found;
  for (const Offset offset : *offsets) {
    found.push_back(offset < 0 ? std::nullopt : std::optional<Offset>(offset));
  }
  return found;
}

}  // namespace rookery::mock
