// span.h
//
// What was done, when, and in which trace; and where spans go.
//
// Names and attributes: OpenTelemetry's semantic conventions for messaging and for Kafka, as of
// version 1.27 (docs/instrumentation.md lists them).
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time.h>
#include <rookery/tracing/trace_context.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rookery {

// The numbers are OTLP's.
enum class SpanKind : int { kInternal = 1, kServer = 2, kClient = 3, kProducer = 4, kConsumer = 5 };

using AttributeValue = std::variant<std::string, std::int64_t, bool>;

struct Span {
  std::string name;  // "process orders.v1"
  SpanKind kind = SpanKind::kInternal;
  TraceContext context;
  SpanId parent = {};  // none: the trace begins here
  WallTime begin = {};
  TimePoint began_at = {};  // the same moment; not exported
  Duration lasts = {};
  std::vector<std::pair<std::string, AttributeValue>> attributes = {};
  // Spans of other traces, or of this one, that it also came from.
  std::vector<TraceContext> links = {};
  std::uint32_t dropped_links = 0;  // beyond what one span has
  bool has_failed = false;
  std::string error_message = {};

  // The attribute's value; null: it has none of that name.
  const AttributeValue* attribute(std::string_view wanted) const {
    for (const auto& [key, value] : attributes) {
      if (key == wanted) return &value;
    }
    return nullptr;
  }
};

class SpanExporter {
 public:
  virtual ~SpanExporter() = default;

  // Takes ended spans: on any thread, a worker's or the producer's, with no lock held. Neither
  // blocks nor waits for a network. Error: spans were lost, these or earlier ones, and that was not
  // told before; it becomes an error.occurred of type "tracing".
  virtual Status export_spans(std::vector<Span> spans) = 0;

  // Brings what it has to where it goes, at the latest until the deadline: called by a server at
  // its end. Error: as above, and what is left.
  virtual Status flush(TimePoint deadline) {
    static_cast<void>(deadline);
    return {};
  }
};

}  // namespace rookery
