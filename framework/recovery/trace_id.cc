// trace_id.cc
//
// Reading trace ids.
#include <rookery/recovery/trace_id.h>

#include <rookery/instrumentation/new_trace_id.h>

#include <algorithm>

namespace rookery {
namespace {

// version "-" trace id "-" parent id "-" flags
constexpr std::size_t kVersionSize = 2;
constexpr std::size_t kTraceIdAt = 3;
constexpr std::size_t kTraceIdSize = 32;
constexpr std::size_t kParentIdAt = 36;
constexpr std::size_t kParentIdSize = 16;
constexpr std::size_t kFlagsAt = 53;
constexpr std::size_t kSize = 55;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char character) {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
  });
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

std::optional<std::string> trace_id_in(std::string_view traceparent) {
  if (traceparent.size() < kSize) return std::nullopt;
  const std::string_view version = traceparent.substr(0, kVersionSize);
  const std::string_view trace_id = traceparent.substr(kTraceIdAt, kTraceIdSize);
  const std::string_view parent_id = traceparent.substr(kParentIdAt, kParentIdSize);
  if (!is_hex(version) || version == "ff" || !is_hex(traceparent.substr(kFlagsAt, 2))) {
    return std::nullopt;
  }
  // Versions to come may add fields.
  if (traceparent.size() > kSize && (version == "00" || traceparent[kSize] != '-')) {
    return std::nullopt;
  }
  for (const std::size_t dash : {kTraceIdAt - 1, kParentIdAt - 1, kFlagsAt - 1}) {
    if (traceparent[dash] != '-') return std::nullopt;
  }
  if (!is_hex(trace_id) || is_zero(trace_id) || !is_hex(parent_id) || is_zero(parent_id)) {
    return std::nullopt;
  }
  return std::string(trace_id);
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
