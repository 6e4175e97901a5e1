// segments_text.cc
//
// One line for each offset that is written.
#include <rookery/cli/segments_text.h>

#include <rookery/cli/json_text.h>

#include <nlohmann/json.hpp>

namespace rookery {
namespace {

using Json = nlohmann::ordered_json;

std::string change_text(const OffsetChange& change) {
  return "  " + change.group + " " + change.partition.text() + ": " +
         (change.from ? std::to_string(*change.from) : "none") + " -> " +
         std::to_string(change.to) + "\n";
}

std::string group_text(const SegmentsPlan& plan, bool is_dry) {
  std::string text;
  for (const auto* changes : {&plan.to_origin, &plan.to_segments}) {
    for (const OffsetChange& change : *changes) text += change_text(change);
  }
  for (const TopicPartition& partition : plan.left_alone) {
    text += "  " + partition.text() + ": left alone, for a segment has no offset\n";
  }
  const std::size_t count = plan.to_origin.size() + plan.to_segments.size();
  const std::string head = "group " + plan.group + ", " + std::to_string(plan.segments.size()) +
                           (plan.segments.size() == 1 ? " segment: " : " segments: ");
  if (count == 0) return head + "nothing to write\n" + text;
  return head + (is_dry ? "would write " : "wrote ") + std::to_string(count) +
         (count == 1 ? " offset\n" : " offsets\n") + text;
}

Json change_json(const OffsetChange& change) {
  return {{"group", change.group},
          {"topic", change.partition.topic},
          {"partition", change.partition.partition},
          {"from", change.from ? Json(*change.from) : Json(nullptr)},
          {"to", change.to}};
}

Json group_json(const SegmentsPlan& plan) {
  Json json = {{"name", plan.group},
               {"segments", plan.segments},
               {"offsets", Json::array()},
               {"left_alone", Json::array()}};
  for (const auto* changes : {&plan.to_origin, &plan.to_segments}) {
    for (const OffsetChange& change : *changes) json["offsets"].push_back(change_json(change));
  }
  for (const TopicPartition& partition : plan.left_alone) {
    json["left_alone"].push_back({{"topic", partition.topic}, {"partition", partition.partition}});
  }
  return json;
}

}  // namespace

std::string segments_text(const SegmentsReport& report) {
  std::string text;
  for (const SegmentsPlan& plan : report.groups) text += group_text(plan, report.is_dry);
  return text;
}

std::string segments_json(const SegmentsReport& report) {
  Json json = {{"action", report.action}, {"dry_run", report.is_dry}, {"groups", Json::array()}};
  for (const SegmentsPlan& plan : report.groups) json["groups"].push_back(group_json(plan));
  return json_text(json);
}

}  // namespace rookery
