// mock_admin_records.cc
//
// Deletes what logs begin with: one request for each leader, and again for those whose leader has
// moved or is not there.
#include "mockbroker/client/mock_admin.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "mockbroker/client/admin_call.h"
#include "mockbroker/client/admin_rounds.h"

namespace rookery::mock {
namespace {

using Places = std::vector<std::size_t>;

// What is still to be done, and what stood in the way.
struct Records {
  const std::vector<TopicPartitionOffset>& wanted;
  std::vector<Result<Offset>> answers;
  std::vector<bool> open;
  std::vector<std::string> problems;

  explicit Records(const std::vector<TopicPartitionOffset>& asked)
      : wanted(asked), answers(asked.size()), open(asked.size(), true), problems(asked.size()) {}

  std::string what(std::size_t i) const {
    return "delete records of " + wanted[i].partition.text();
  }
  void settle(std::size_t i, Result<Offset> answer) {
    answers[i] = std::move(answer);
    open[i] = false;
  }
  bool is_complete() const { return std::find(open.begin(), open.end(), true) == open.end(); }
  std::vector<std::string> topics() const {
    std::set<std::string> names;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (open[i]) names.insert(wanted[i].partition.topic);
    }
    return {names.begin(), names.end()};
  }
  // Whom to ask; settles those that are not there.
  std::map<NodeId, Places> dealt(const MetadataResponse& known) {
    std::map<std::string, const MetadataResponse::Topic*> topics;
    for (const auto& topic : known.topics) topics[topic.name] = &topic;
    std::map<NodeId, Places> by_leader;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!open[i]) continue;
      const auto& partition = wanted[i].partition;
      const auto found = topics.find(partition.topic);
      const bool has_error = found != topics.end() && found->second->error &&
                             found->second->error != ErrorCode::kLeaderNotAvailable;
      const auto count = found == topics.end() ? 0 : found->second->partitions.size();
      if (has_error) {
        settle(i, fail(*found->second->error, what(i)));
      } else if (partition.partition < 0 ||
                 static_cast<std::size_t>(partition.partition) >= count) {
        settle(i, fail(ErrorCode::kUnknownTopicOrPartition, what(i)));
      } else {
        const auto place = static_cast<std::size_t>(partition.partition);
        const NodeId leader = found->second->partitions[place].leader;
        if (leader >= 0) by_leader[leader].push_back(i);
        if (leader < 0) problems[i] = "it has no leader";
      }
    }
    return by_leader;
  }
  void read(const Places& asked, const Result<Response>& response) {
    const auto* answer = response ? std::get_if<DeleteRecordsResponse>(&*response) : nullptr;
    for (std::size_t at = 0; at < asked.size(); ++at) {
      const std::size_t i = asked[at];
      if (!answer || at >= answer->partitions.size()) {
        problems[i] = response ? "a wrong answer" : response.error().message;
      } else if (const auto& one = answer->partitions[at]; !one.error) {
        settle(i, one.low_watermark);
      } else if (is_retriable(*one.error) && one.error != ErrorCode::kUnknownTopicOrPartition) {
        problems[i] = name(*one.error);
      } else {
        settle(i, fail(*one.error, what(i)));
      }
    }
  }
};

}  // namespace

std::vector<Result<Offset>> MockAdmin::delete_records(
    const std::vector<TopicPartitionOffset>& partitions, TimePoint deadline) {
  AdminCall call(network_, settings_, calls_, deadline, "DeleteRecords");
  Records records(partitions);
  while (!records.is_complete()) {
    const Result<MetadataResponse> known = ask_metadata(call, records.topics());
    if (known) {
      const auto by_leader = records.dealt(*known);
      std::vector<NodeQuestion> questions;
      for (const auto& [node, places] : by_leader) {
        DeleteRecordsRequest request;
        for (const std::size_t i : places) request.partitions.push_back(partitions[i]);
        questions.push_back({node, std::move(request)});
      }
      const std::vector<Result<Response>> answers = ask_nodes(call, std::move(questions));
      std::size_t at = 0;
      for (const auto& [node, places] : by_leader) records.read(places, answers[at++]);
      if (records.is_complete()) break;
      call.wait_until(deadline_in(settings_.retry_backoff));
    }
    if (!call.is_over()) continue;
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      const std::string problem = known ? records.problems[i] : known.error().message;
      if (records.open[i]) records.settle(i, fail(call.ended(records.what(i) + ": " + problem)));
    }
  }
  return records.answers;
}

}  // namespace rookery::mock
