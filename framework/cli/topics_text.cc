// topics_text.cc
//
// A line for each topic, or for each change of it.
#include <rookery/cli/topics_text.h>

#include <rookery/cli/json_text.h>
#include <rookery/cli/table.h>

#include <nlohmann/json.hpp>

namespace rookery {
namespace {

using Json = nlohmann::ordered_json;

std::size_t replicas_of(const TopicDescription& topic) {
  return topic.partitions.empty() ? 0 : topic.partitions.front().replicas.size();
}

}  // namespace

std::string topics_text(const std::vector<TopicDescription>& topics, std::size_t width) {
  Table table({{"TOPIC", Align::kWhole},
               {"PARTITIONS", Align::kRight},
               {"REPLICATION FACTOR", Align::kRight}});
  for (const TopicDescription& topic : topics) {
    table.add(
        {topic.name, std::to_string(topic.partitions.size()), std::to_string(replicas_of(topic))});
  }
  return table.text(width);
}

std::string topics_json(const std::vector<TopicDescription>& topics) {
  Json json = {{"topics", Json::array()}};
  for (const TopicDescription& topic : topics) {
    Json partitions = Json::array();
    for (const PartitionDescription& partition : topic.partitions) {
      partitions.push_back({{"partition", partition.partition},
                            {"leader", partition.leader},
                            {"replicas", partition.replicas},
                            {"in_sync_replicas", partition.in_sync_replicas}});
    }
    json["topics"].push_back({{"name", topic.name},
                              {"replication_factor", replicas_of(topic)},
                              {"partitions", std::move(partitions)}});
  }
  return json_text(json);
}

std::string report_text(const TopicsReport& report) {
  std::string out;
  for (const TopicReport& topic : report.topics) {
    const std::string head = topic.outcome.topic + ": ";
    for (const std::string& change : topic.outcome.changes) {
      out += head + (report.is_dry ? "would be " : "") + change + "\n";
    }
    if (topic.outcome.error) out += head + "failed: " + topic.outcome.error->text() + "\n";
    if (topic.outcome.changes.empty() && !topic.outcome.error) out += head + "nothing to do\n";
    for (const std::string& remark : topic.remarks) out += head + "note: " + remark + "\n";
  }
  return out;
}

std::string report_json(const TopicsReport& report) {
  Json json = {{"action", report.action}, {"dry_run", report.is_dry}, {"topics", Json::array()}};
  for (const TopicReport& topic : report.topics) {
    Json one = {{"name", topic.outcome.topic},
                {"changes", topic.outcome.changes},
                {"notes", topic.remarks}};
    if (topic.outcome.error) one["error"] = topic.outcome.error->text();
    json["topics"].push_back(std::move(one));
  }
  return json_text(json);
}

std::string health_text(const HealthReport& report) {
  std::string out;
  for (const TopicHealth& topic : report.topics) {
    if (topic.problems.empty()) out += topic.topic + ": healthy\n";
    for (const std::string& problem : topic.problems) out += topic.topic + ": " + problem + "\n";
  }
  return out;
}

std::string health_json(const HealthReport& report) {
  Json json = {{"topics", Json::array()}};
  for (const TopicHealth& topic : report.topics) {
    json["topics"].push_back({{"name", topic.topic},
                              {"is_healthy", topic.problems.empty()},
                              {"problems", topic.problems}});
  }
  return json_text(json);
}

}  // namespace rookery
