// lane_trace.cc
//
// Whose child is what.
#include <rookery/processing/lane_trace.h>

#include <algorithm>
#include <new>
#include <utility>

namespace rookery {

void LaneTrace::open(Span span, Offset first, Offset last) {
  context_ = span.context;
  first_ = first;
  last_ = last;
  span_ = std::move(span);
}

void LaneTrace::begin(const Record& record, int attempt) {
  is_batch_ = false;
  std::optional<TraceContext> trace = context_of(record);
  if (!trace && failed_ && failed_->offset == record.offset()) trace = failed_->trace;
  if (!trace) trace = tracer_.begin_trace();
  open(tracer_.process(record, group_, *trace, attempt), record.offset(), record.offset());
}

void LaneTrace::begin(std::span<const Record> records, int attempt) {
  is_batch_ = true;
  const Offset first = records.front().offset();
  const Offset last = records.back().offset();
  // What has no trace of its own, and failed in another batch, stays in that one's.
  const bool is_again = std::any_of(records.begin(), records.end(), [this](const Record& record) {
    return failed_ && failed_->offset == record.offset() && !context_of(record);
  });
  const TraceContext trace = is_again ? failed_->trace : tracer_.begin_trace();
  open(tracer_.process(records, group_, trace, attempt), first, last);
}

void LaneTrace::end(const std::string& error_class, const std::string& message) {
  if (!span_) return;
  Span span = std::move(*span_);
  span_.reset();
  if (!error_class.empty()) {
    Tracer::fail(span, error_class, message);
  } else if (failed_ && failed_->offset >= first_ && failed_->offset <= last_) {
    failed_.reset();
  }
  tracer_.end(std::move(span));
}

void LaneTrace::end_if_open() noexcept {
  try {
    end("PartitionEnded", "the partition went before it was finished");
  } catch (const std::bad_alloc&) {
    // A lane that is cleared needs no memory, and nobody's record waits for a span.
  }
}

const TraceContext* LaneTrace::known(Offset offset) const {
  if (offset >= first_ && offset <= last_) return &context_;
  if (failed_ && failed_->offset == offset) return &failed_->trace;
  return nullptr;
}

TraceContext LaneTrace::trace_of(const Record& record) const {
  if (std::optional<TraceContext> own = context_of(record)) return *own;
  if (const TraceContext* trace = known(record.offset())) return *trace;
  return tracer_.begin_trace();
}

std::shared_ptr<const OutputOrigin> LaneTrace::origin_of(const Record& record) const {
  std::optional<TraceContext> own = context_of(record);
  const TraceContext* run = known(record.offset());
  OutputOrigin origin;
  origin.parent = run != nullptr ? *run : own ? *own : tracer_.begin_trace();
  if (own && run == &context_ && is_batch_) {
    origin.parent = *own;
    origin.link = context_;
  }
  origin.forwarded = std::move(own);
  return std::make_shared<const OutputOrigin>(std::move(origin));
}

std::shared_ptr<const OutputOrigin> LaneTrace::origin_of_batch() const {
  return std::make_shared<const OutputOrigin>(OutputOrigin{.parent = context_, .link = context_});
}

std::string LaneTrace::failed(const Record& record) {
  if (const auto own = context_of(record)) return own->trace_id.text();
  TraceContext trace = trace_of(record);
  std::string id = trace.trace_id.text();
  const bool is_again = failed_ && failed_->offset == record.offset();
  if (!is_again) failed_ = Place{record.offset(), std::move(trace)};
  return id;
}

}  // namespace rookery
