// dlq_json.cc
//
// The same as JSON, one object each.
#include <rookery/cli/dlq_text.h>

#include <rookery/cli/json_text.h>
#include <rookery/cli/moment.h>
#include <rookery/cli/printable.h>

#include <nlohmann/json.hpp>

namespace rookery {
namespace {

using Json = nlohmann::ordered_json;

// null, {"text": ...} or {"base64": ...}
Json json_of(Bytes bytes) {
  if (bytes.is_null()) return nullptr;
  if (is_text(bytes.view())) return {{"text", bytes.str()}};
  return {{"base64", base64(bytes.view())}};
}

Json json_of(const TopicPartitionOffset& place, Timestamp time, const DeadLetterSource& source) {
  Json json = {{"topic", place.partition.topic},
               {"partition", place.partition.partition},
               {"offset", place.offset},
               {"time", format_moment(time)}};
  json["source"] = {{"topic", source.partition.topic}, {"partition", source.partition.partition},
                    {"offset", source.offset},         {"timestamp_ms", source.timestamp_ms},
                    {"consumer_group", source.group},  {"attempts", source.attempts},
                    {"trace_id", source.trace_id}};
  json["error_class"] = source.error_class;
  json["error_message"] = source.error_message;
  return json;
}

}  // namespace

std::string list_json(const DeadLetterList& list) {
  Json json = {
      {"matched", list.matched}, {"other_records", list.others}, {"dead_letters", Json::array()}};
  for (const ListedDeadLetter& letter : list.letters) {
    json["dead_letters"].push_back(json_of(letter.place, letter.time, letter.source));
  }
  return json_text(json);
}

std::string letter_json(const Record& record, const DeadLetterSource& source) {
  Json json = json_of({record.topic_partition(), record.offset()}, record.timestamp(), source);
  json["key"] = json_of(record.key());
  json["headers"] = Json::array();
  for (const auto& [name, value] : record.headers()) {
    json["headers"].push_back({{"name", name}, {"value", json_of(Bytes(value))}});
  }
  json["payload"] = json_of(record.value());
  return json_text(json);
}

std::string redrive_json(const RedriveCounts& counts) {
  return json_text({{"dry_run", counts.is_dry},
                    {"matched", counts.matched},
                    {"sent", counts.sent_in_all()},
                    {"failed", counts.failed},
                    {"other_records", counts.others},
                    {"topics", counts.sent}});
}

}  // namespace rookery
