// segment_filter.cc
//
// One allocation for a batch that is not kept whole.
#include <rookery/lanes/segment_filter.h>

#include <rookery/runtime/mutant.h>

#include <utility>
#include <vector>

namespace rookery {
namespace {

// Those that are kept, and the batch they are views into.
struct Kept final : RecordBatch::Memory {
  RecordBatch batch;
  std::vector<Record> records;
};

}  // namespace

SegmentFilter::SegmentFilter(const ParallelSegments& segments, std::size_t segment,
                             KeyErrorHandler on_error)
    : count_(segments.count),
      segment_(segment),
      keys_(
          segments.by,
          segment == 0 ? std::move(on_error) : [](const Record&, const std::exception*) {}) {}

bool SegmentFilter::is_mine(const Record& record) const {
  const LaneKey key = keys_.read(record);
  if (key.kind == LaneKey::Kind::kBroken) {
    return segment_ == 0 && !mutant("segments.drops_broken_keys");
  }
  const Bytes bytes = key.kind == LaneKey::Kind::kNone ? Bytes() : key.bytes;
  return segment_of(bytes, record.offset(), count_) == segment_;
}

RecordBatch SegmentFilter::keep(RecordBatch batch) const {
  std::vector<Record> mine;
  mine.reserve(batch.size());
  for (const Record& record : batch) {
    if (is_mine(record)) mine.push_back(record);
  }
  if (mine.size() == batch.size()) return batch;
  if (mine.empty()) return {};
  const AssignmentId assignment = batch.assignment();
  const TimePoint taken_at = batch.taken_at();
  auto kept = std::make_unique<Kept>();
  kept->batch = std::move(batch);
  kept->records = std::move(mine);
  const std::span<const Record> records = kept->records;
  RecordBatch out(nullptr, assignment, records, std::move(kept));
  out.set_taken_at(taken_at);
  return out;
}

}  // namespace rookery
