// lane_trace.h
//
// The span of what a lane runs, and in which trace the rest belongs: a record's retries, its
// outputs, its dead letter, its errors.
//
// A record's run is a child of the span it was sent by. A batch's run has links to those of its
// records; what is sent while the consumer stands at a record stays in that record's trace, and
// what is sent while it stands at none is the run's.
//
// Thread rules: as its lane.
#pragma once

#include <rookery/base/topic_partition.h>
#include <rookery/tracing/tracer.h>
#include <rookery/transport/record.h>

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace rookery {

class LaneTrace {
 public:
  // Both outlive it.
  LaneTrace(const Tracer& tracer, const std::string& group) : tracer_(tracer), group_(group) {}

  void begin(const Record& record, int attempt);
  void begin(std::span<const Record> records, int attempt);  // at least one
  // error_class: empty: it succeeded.
  void end(const std::string& error_class, const std::string& message);
  // The lane ends, and what it ran is not finished: the record is the next owner's. Where memory is
  // out the span is lost.
  void end_if_open() noexcept;

  // Where a record belongs: what it came with, or its run's trace; else a trace begins.
  TraceContext trace_of(const Record& record) const;
  std::shared_ptr<const OutputOrigin> origin_of(const Record& record) const;
  // Of what is sent in a batch's run, nobody knows for which of its records: the run itself.
  std::shared_ptr<const OutputOrigin> origin_of_batch() const;
  // The record has failed: what becomes of it stays in its trace. Answers the trace's id.
  std::string failed(const Record& record);
  // As before, of one that ran some time ago.
  void remember(Offset offset, const TraceContext& trace) { failed_ = Place{offset, trace}; }

 private:
  struct Place {
    Offset offset;
    TraceContext trace;
  };

  // What the offset is known to belong to, without its headers.
  const TraceContext* known(Offset offset) const;
  void open(Span span, Offset first, Offset last);

  const Tracer& tracer_;
  const std::string& group_;
  std::optional<Span> span_;  // while it runs
  // The last run.
  TraceContext context_;
  Offset first_ = -1;
  Offset last_ = -2;
  bool is_batch_ = false;
  std::optional<Place> failed_;
};

}  // namespace rookery
