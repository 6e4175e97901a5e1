// trace_context.cc
//
// traceparent: 55 characters, and nothing but.
#include <rookery/tracing/trace_context.h>

namespace rookery {
namespace {

// version "-" trace id "-" span id "-" flags
constexpr std::size_t kVersionSize = 2;
constexpr std::size_t kTraceIdAt = 3;
constexpr std::size_t kSpanIdAt = 36;
constexpr std::size_t kFlagsAt = 53;
constexpr std::size_t kSize = 55;
constexpr std::uint64_t kSampled = 1;

void add_hex(std::string& out, std::uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[(value >> shift) & 15];
}

// At most 16 digits, small letters only.
std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t value = 0;
  for (const char character : text) {
    value <<= 4;
    if (character >= '0' && character <= '9') {
      value |= static_cast<std::uint64_t>(character - '0');
    } else if (character >= 'a' && character <= 'f') {
      value |= static_cast<std::uint64_t>(character - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

}  // namespace

std::string TraceId::text() const {
  std::string out;
  out.reserve(32);
  add_hex(out, high);
  add_hex(out, low);
  return out;
}

std::string SpanId::text() const {
  std::string out;
  add_hex(out, value);
  return out;
}

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  if (text.size() < kSize) return std::nullopt;
  const std::string_view version = text.substr(0, kVersionSize);
  if (!parse_hex(version) || version == "ff") return std::nullopt;
  // Versions to come may add fields.
  if (text.size() > kSize && (version == "00" || text[kSize] != '-')) return std::nullopt;
  for (const std::size_t dash : {kTraceIdAt - 1, kSpanIdAt - 1, kFlagsAt - 1}) {
    if (text[dash] != '-') return std::nullopt;
  }
  const auto high = parse_hex(text.substr(kTraceIdAt, 16));
  const auto low = parse_hex(text.substr(kTraceIdAt + 16, 16));
  const auto span = parse_hex(text.substr(kSpanIdAt, 16));
  const auto flags = parse_hex(text.substr(kFlagsAt, 2));
  if (!high || !low || !span || !flags) return std::nullopt;
  if ((*high == 0 && *low == 0) || *span == 0) return std::nullopt;
  return TraceContext{.trace_id = {.high = *high, .low = *low},
                      .span_id = {*span},
                      .is_sampled = (*flags & kSampled) != 0};
}

std::string format_traceparent(const TraceContext& context) {
  return "00-" + context.trace_id.text() + "-" + context.span_id.text() +
         (context.is_sampled ? "-01" : "-00");
}

std::optional<TraceContext> context_in(const Headers& headers) {
  std::optional<TraceContext> context = parse_traceparent(headers.last(kTraceparent).view());
  if (!context || !headers.contains(kTracestate)) return context;
  std::vector<std::string_view> values;
  for (const auto& [name, value] : headers) {
    if (name == kTracestate) values.push_back(Bytes(value).view());
  }
  if (auto state = parse_tracestate(values)) context->state = std::move(*state);
  return context;
}

std::optional<TraceContext> context_of(const Record& record) {
  if (!record.has_headers()) return std::nullopt;
  return context_in(record.headers());
}

Headers with_context(const Headers& headers, const TraceContext& context) {
  Headers out;
  for (const auto& [name, value] : headers) {
    if (name != kTraceparent && name != kTracestate) out.add(name, value);
  }
  out.add(kTraceparent, format_traceparent(context));
  if (!context.state.empty()) out.add(kTracestate, context.state);
  return out;
}

}  // namespace rookery
