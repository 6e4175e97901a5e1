// groups_text.cc
//
// Tables and JSON of groups.
#include <rookery/cli/groups_text.h>

#include <rookery/cli/json_text.h>
#include <rookery/cli/printable.h>
#include <rookery/cli/table.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>

namespace rookery {
namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<std::int64_t>& value) { return value ? Json(*value) : nullptr; }

std::string text_of(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

Json assignment_json(const std::vector<TopicPartition>& assignment) {
  std::map<std::string, Json> topics;
  for (const TopicPartition& partition : assignment) {
    topics.try_emplace(partition.topic, Json::array()).first->second.push_back(partition.partition);
  }
  Json json = Json::array();
  for (auto& [topic, partitions] : topics) {
    json.push_back({{"topic", topic}, {"partitions", std::move(partitions)}});
  }
  return json;
}

Json lag_json(const PartitionLag& one) {
  Json json = {
      {"topic", one.partition.topic},
      {"partition", one.partition.partition},
      {"committed", number(one.committed)},
      {"low", number(one.watermarks ? std::optional(one.watermarks->low) : std::nullopt)},
      {"high", number(one.watermarks ? std::optional(one.watermarks->high) : std::nullopt)},
      {"lag", number(one.lag())}};
  if (!one.missing.empty()) json["missing"] = one.missing;
  if (!one.member.empty()) json["member"] = one.member;
  return json;
}

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

Json move_json(const OffsetMove& move) {
  return {{"topic", move.partition.topic},
          {"partition", move.partition.partition},
          {"from", number(move.from)},
          {"to", move.to}};
}

Json partitions_json(const std::vector<TopicPartition>& partitions) {
  Json json = Json::array();
  for (const TopicPartition& one : partitions) {
    json.push_back({{"topic", one.topic}, {"partition", one.partition}});
  }
  return json;
}

}  // namespace

std::string listings_text(const std::vector<GroupListing>& groups, std::size_t width) {
  Table table({{"GROUP", Align::kWhole}, {"STATE"}, {"KIND"}});
  for (const GroupListing& group : groups) {
    table.add({group.group, group.state, group.is_simple ? "offsets only" : "members"});
  }
  return table.text(width);
}

std::string listings_json(const std::vector<GroupListing>& groups) {
  Json json = {{"groups", Json::array()}};
  for (const GroupListing& group : groups) {
    json["groups"].push_back(
        {{"group", group.group}, {"state", group.state}, {"is_simple", group.is_simple}});
  }
  return json_text(json);
}

std::string descriptions_text(const std::vector<ConsumerGroupDescription>& groups,
                              std::size_t width) {
  std::string out;
  for (const ConsumerGroupDescription& group : groups) {
    out += (out.empty() ? "" : "\n") + ("group " + one_line(group.group)) + ": " + group.state +
           ", " + counted(group.members.size(), "member") + "\n";
    if (group.members.empty()) continue;
    Table table({{"CLIENT"}, {"HOST"}, {"PARTITIONS"}, {"MEMBER"}});
    for (const ConsumerGroupMember& member : group.members) {
      const std::string& name = member.instance_id.empty() ? member.id : member.instance_id;
      table.add({member.client_id, member.host, text(member.assignment), name});
    }
    out += table.text(width);
  }
  return out;
}

std::string descriptions_json(const std::vector<ConsumerGroupDescription>& groups) {
  Json json = {{"groups", Json::array()}};
  for (const ConsumerGroupDescription& group : groups) {
    Json members = Json::array();
    for (const ConsumerGroupMember& member : group.members) {
      members.push_back({{"id", member.id},
                         {"instance_id", member.instance_id},
                         {"client_id", member.client_id},
                         {"host", member.host},
                         {"assignment", assignment_json(member.assignment)}});
    }
    json["groups"].push_back(
        {{"group", group.group}, {"state", group.state}, {"members", std::move(members)}});
  }
  return json_text(json);
}

std::string lags_text(const std::vector<GroupLag>& groups, std::size_t width) {
  Table table({{"GROUP"},
               {"TOPIC"},
               {"PARTITION", Align::kRight},
               {"COMMITTED", Align::kRight},
               {"END", Align::kRight},
               {"LAG", Align::kRight},
               {"MEMBER"}});
  std::string totals;
  for (const GroupLag& group : groups) {
    for (const PartitionLag& one : group.partitions) {
      const auto end = one.watermarks ? std::optional(one.watermarks->high) : std::nullopt;
      table.add({group.group, one.partition.topic, std::to_string(one.partition.partition),
                 text_of(one.committed), text_of(end), text_of(one.lag()),
                 one.missing.empty() ? one.member : "(" + one.missing + ")"});
    }
    totals += "group " + one_line(group.group) + ": " + group.state + ", " +
              counted(group.members, "member") + ", lag " + std::to_string(group.total()) + "\n";
  }
  return (table.size() > 0 ? table.text(width) : "") + totals;
}

std::string lags_json(const std::vector<GroupLag>& groups) {
  Json json = {{"groups", Json::array()}};
  for (const GroupLag& group : groups) {
    Json partitions = Json::array();
    for (const PartitionLag& one : group.partitions) partitions.push_back(lag_json(one));
    json["groups"].push_back({{"group", group.group},
                              {"state", group.state},
                              {"members", group.members},
                              {"lag", group.total()},
                              {"partitions", std::move(partitions)}});
  }
  return json_text(json);
}

std::string moves_text(const MovesReport& report) {
  const std::size_t count = report.copy.moves.size();
  std::string out = "group " + report.group + ": ";
  out += count == 0 ? "nothing to write"
                    : (report.is_dry ? "would write " : "wrote ") + counted(count, "offset");
  if (!report.from.empty()) out += " of group " + report.from;
  out += "\n";
  for (const OffsetMove& move : report.copy.moves) {
    out += "  " + move.partition.text() + ": " + text_of(move.from) + " -> " +
           std::to_string(move.to) + "\n";
  }
  if (!report.copy.unchanged.empty()) {
    out += "  the same already: " + text(report.copy.unchanged) + "\n";
  }
  if (!report.copy.gone.empty()) {
    out += "  not copied, for they exist no more: " + text(report.copy.gone) + "\n";
  }
  if (report.action == "rename") {
    out += "group " + report.from + (report.is_dry ? ": would be deleted\n" : ": deleted\n");
  }
  return out;
}

std::string moves_json(const MovesReport& report) {
  Json json = {{"action", report.action}, {"dry_run", report.is_dry}, {"group", report.group}};
  if (!report.from.empty()) {
    json["from"] = report.from;
    json["is_copied"] = report.copy.is_copied();
    json["unchanged"] = partitions_json(report.copy.unchanged);
    json["gone"] = partitions_json(report.copy.gone);
  }
  json["moves"] = Json::array();
  for (const OffsetMove& move : report.copy.moves) json["moves"].push_back(move_json(move));
  return json_text(json);
}

std::string deletions_text(const DeletionsReport& report) {
  std::string out;
  for (const auto& [group, status] : report.groups) {
    if (!status) continue;
    out += "group " + group + (report.is_dry ? ": would be deleted\n" : ": deleted\n");
  }
  return out;
}

std::string deletions_json(const DeletionsReport& report) {
  Json json = {{"action", "delete"}, {"dry_run", report.is_dry}, {"groups", Json::array()}};
  for (const auto& [group, status] : report.groups) {
    Json one = {{"group", group}, {"is_deleted", status.has_value() && !report.is_dry}};
    if (!status) one["error"] = status.error().text();
    json["groups"].push_back(std::move(one));
  }
  return json_text(json);
}

}  // namespace rookery
