// read_text.cc
//
// Bytes as text and as JSON.
#include <rookery/cli/read_text.h>

#include <rookery/cli/json_text.h>
#include <rookery/cli/moment.h>
#include <rookery/cli/printable.h>

#include <nlohmann/json.hpp>

namespace rookery {
namespace {

using Json = nlohmann::ordered_json;

std::string field_text(Bytes bytes) {
  if (bytes.is_null()) return "(null)";
  return bytes.empty() ? "(empty)" : escaped(bytes.view());
}

void put(Json& json, const std::string& name, Bytes bytes) {
  if (bytes.is_null()) {
    json[name] = nullptr;
  } else if (is_utf8(bytes.view())) {
    json[name] = bytes.str();
  } else {
    json[name] = base64(bytes.view());
    json[name + "_encoding"] = "base64";
  }
}

}  // namespace

std::string record_text(const Record& record, const Terminal& terminal) {
  std::string text = record.topic_partition().text() + "@" + std::to_string(record.offset()) +
                     "\t" + (record.has_timestamp() ? format_moment(record.timestamp()) : "-");
  text = coloured(terminal, Colour::kDim, std::move(text)) + "\t" + field_text(record.key()) +
         "\t" + field_text(record.value());
  char before = '\t';
  for (const auto& [name, value] : record.headers()) {
    text += before + escaped(name) + "=" + field_text(Bytes(value));
    before = ' ';
  }
  return text + "\n";
}

std::string record_json(const Record& record) {
  Json json = {{"topic", record.topic()},
               {"partition", record.partition()},
               {"offset", record.offset()},
               {"timestamp", nullptr},
               {"timestamp_ms", nullptr}};
  if (record.has_timestamp()) {
    json["timestamp"] = format_moment(record.timestamp());
    json["timestamp_ms"] = record.timestamp().time_since_epoch().count();
  }
  put(json, "key", record.key());
  put(json, "value", record.value());
  json["headers"] = Json::array();
  for (const auto& [name, value] : record.headers()) {
    Json header = {{"name", name}};
    put(header, "value", Bytes(value));
    json["headers"].push_back(std::move(header));
  }
  return json_text(json, -1);
}

}  // namespace rookery
