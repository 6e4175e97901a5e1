// otlp_json.cc
//
// JSON is nlohmann's.
#include <rookery/tracing/otlp_json.h>

#include <nlohmann/json.hpp>

namespace rookery {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kStatusError = 2;

Json attribute(const std::string& key, const AttributeValue& value) {
  Json typed;
  if (const auto* text = std::get_if<std::string>(&value)) {
    typed["stringValue"] = *text;
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    typed["intValue"] = std::to_string(*number);
  } else {
    typed["boolValue"] = std::get<bool>(value);
  }
  return {{"key", key}, {"value", std::move(typed)}};
}

std::string nanoseconds(std::chrono::nanoseconds since_epoch) {
  return std::to_string(since_epoch.count());
}

Json span_json(const Span& span) {
  Json out = {{"traceId", span.context.trace_id.text()}, {"spanId", span.context.span_id.text()}};
  if (!span.context.state.empty()) out["traceState"] = span.context.state;
  if (span.parent) out["parentSpanId"] = span.parent.text();
  out["name"] = span.name;
  out["kind"] = static_cast<int>(span.kind);
  const std::chrono::nanoseconds begin = span.begin.time_since_epoch();
  out["startTimeUnixNano"] = nanoseconds(begin);
  out["endTimeUnixNano"] = nanoseconds(begin + span.lasts);
  Json& attributes = out["attributes"] = Json::array();
  for (const auto& [key, value] : span.attributes) attributes.push_back(attribute(key, value));
  for (const TraceContext& link : span.links) {
    Json linked = {{"traceId", link.trace_id.text()}, {"spanId", link.span_id.text()}};
    if (!link.state.empty()) linked["traceState"] = link.state;
    out["links"].push_back(std::move(linked));
  }
  if (span.dropped_links > 0) out["droppedLinksCount"] = span.dropped_links;
  if (span.has_failed) {
    out["status"] = {{"code", kStatusError}, {"message", span.error_message}};
  }
  return out;
}

}  // namespace

std::string otlp_json(const std::vector<Span>& spans, const std::string& service_name) {
  Json all = Json::array();
  for (const Span& span : spans) all.push_back(span_json(span));
  Json scope = {{"scope", {{"name", "rookery"}}}, {"spans", std::move(all)}};
  Json resource = {
      {"resource", {{"attributes", Json::array({attribute("service.name", service_name)})}}},
      {"scopeSpans", Json::array({std::move(scope)})}};
  const Json request = {{"resourceSpans", Json::array({std::move(resource)})}};
  return request.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace rookery
