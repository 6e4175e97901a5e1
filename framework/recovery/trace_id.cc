// trace_id.cc
//
// Reading trace ids.
#include <rookery/recovery/trace_id.h>

#include <rookery/instrumentation/new_trace_id.h>

#include <rookery/tracing/trace_context.h>

namespace rookery {

std::optional<std::string> trace_id_in(std::string_view traceparent) {
  const auto context = parse_traceparent(traceparent);
  if (!context) return std::nullopt;
  return context->trace_id.text();
}

std::string trace_id_or_empty(const Record& record) {
  if (!record.has_headers()) return {};
  const Headers headers = record.headers();
  return trace_id_in(headers.last("traceparent").view()).value_or("");
}

std::string trace_id_of(const Record& record) {
  std::string id = trace_id_or_empty(record);
  return id.empty() ? new_trace_id() : id;
}

}  // namespace rookery
