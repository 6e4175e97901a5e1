// tracer.h
//
// Makes spans of what a server consumes and sends, and gives them to an exporter.
//
//   app.options().tracing.exporter =
//       make_otlp_exporter({.endpoint = "http://collector:4318"}).value();
//
// A trace that came with a record goes on as whoever began it decided: what is not sampled there is
// not exported here, and its context is passed on all the same. Where none came, one begins here.
//
// Thread rules: any thread, no lock held.
#pragma once

#include <rookery/base/result.h>
#include <rookery/tracing/span.h>
#include <rookery/tracing/trace_context.h>
#include <rookery/transport/record.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace rookery {

struct Tracing {
  std::shared_ptr<SpanExporter> exporter = {};  // null: nothing is traced, and no header added
  // Of traces that begin here one of so many is sampled; 0 is as 1. By the trace's id, so that all
  // who see it could decide the same.
  std::uint64_t sample_one_in = 1;
};

// Where a record that is sent comes from.
struct OutputOrigin {
  // The span its own is a child of; without a span the trace begins with it.
  TraceContext parent;
  std::optional<TraceContext> link = {};       // of a batch: its span; none of its own children
  std::optional<TraceContext> forwarded = {};  // what came with the source record
};

// Of a record's key and of an error's message a span has so many bytes at most, whole characters.
inline constexpr std::size_t kSpanTextMost = 1024;

class Tracer {
 public:
  // id: the server's, so that ids differ where the dice do not. broker: bootstrap.servers, one as
  // "host:port" or "PROTOCOL://host:port"; of several none is told. on_error: spans were lost, or
  // the exporter threw; told on the thread that ended a span.
  Tracer(Tracing tracing, const std::string& id, std::string client_id, const std::string& broker,
         std::function<void(const Error&)> on_error);

  // A trace that begins here: an id and whether it is sampled, no span.
  TraceContext begin_trace() const;

  // Of one record's run. `trace` is where it belongs; without a span id it is the trace's first.
  Span process(const Record& record, const std::string& group, const TraceContext& trace,
               int attempt) const;
  // Of a batch, with links to what its records came with.
  Span process(std::span<const Record> records, const std::string& group, const TraceContext& trace,
               int attempt) const;
  // Of a record to be sent. `topic` and the rest are the record's.
  Span send(const OutgoingRecord& record, const OutputOrigin& origin) const;

  static void fail(Span& span, const std::string& error_type, const std::string& message);
  // Hands it over, if it is sampled.
  void end(Span span) const;
  // At the end of all: what the exporter has goes out.
  void flush(TimePoint deadline) const;

 private:
  Span begin(const char* operation, const char* type, SpanKind kind, std::string_view topic,
             const TraceContext& parent) const;
  void tell(const Status& status) const;
  std::uint64_t next_id() const;  // not zero

  const Tracing tracing_;
  const std::string client_id_;
  std::string server_address_;
  std::int64_t server_port_ = 0;
  const std::function<void(const Error&)> on_error_;
  // Ids are a sequence that begins by the dice: a draw for each would cost more, and in a
  // simulation dice may be all zeros.
  std::uint64_t seed_ = 0;
  mutable std::atomic<std::uint64_t> ids_{0};
  mutable std::atomic<bool> has_thrown_{false};  // told once until it works again
};

}  // namespace rookery
