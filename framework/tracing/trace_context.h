// trace_context.h
//
// Which trace a record belongs to, and which span of it sent the record: the headers `traceparent`
// and `tracestate`.
//
// Source: W3C Trace Context, recommendation of 2021-11-23, sections 3.2 (traceparent) and 3.3
// (tracestate). What breaks its rules is no context: nothing is guessed.
//
// Thread rules: values.
#pragma once

#include <rookery/base/headers.h>
#include <rookery/transport/record.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery {

inline constexpr const char* kTraceparent = "traceparent";
inline constexpr const char* kTracestate = "tracestate";

// 16 bytes, not all zero.
struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::string text() const;  // 32 hex digits, in small letters
  friend bool operator==(const TraceId&, const TraceId&) = default;
};

// 8 bytes, not all zero; zero stands for no span.
struct SpanId {
  std::uint64_t value = 0;
  std::string text() const;  // 16 hex digits
  explicit operator bool() const { return value != 0; }
  friend bool operator==(const SpanId&, const SpanId&) = default;
};

struct TraceContext {
  TraceId trace_id;
  SpanId span_id;
  bool is_sampled = false;  // whoever began the trace has it recorded
  std::string state = {};   // tracestate, passed on as it came; empty: none
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// Of "00-<trace id>-<span id>-<flags>", or of a version to come, which begins so. Without a state.
std::optional<TraceContext> parse_traceparent(std::string_view text);
// Of version 00, whatever came in; flags are those of this version.
std::string format_traceparent(const TraceContext& context);

// The values of all headers of that name, in their order, as one list. None: it breaks a rule (a
// key twice, more than 32 members, a letter that is not allowed), so that it is dropped whole.
std::optional<std::string> parse_tracestate(const std::vector<std::string_view>& values);

// The last `traceparent`, if it is valid, with the state beside it.
std::optional<TraceContext> context_in(const Headers& headers);
std::optional<TraceContext> context_of(const Record& record);

// The headers, with this context instead of any that they had.
Headers with_context(const Headers& headers, const TraceContext& context);

}  // namespace rookery
