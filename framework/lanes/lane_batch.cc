// lane_batch.cc
//
// A counting sort of record views by their parts.
#include <rookery/lanes/lane_batch.h>

#include <algorithm>
#include <utility>

namespace rookery {

struct LaneBatch::Source {
  RecordBatch batch;
  std::vector<Record> sorted;  // empty: the batch's own order is good
};

LaneBatch::LaneBatch(RecordBatch batch) {
  auto source = std::make_shared<Source>(Source{.batch = std::move(batch), .sorted = {}});
  records_ = source->batch.records();
  source_ = std::move(source);
}

TimePoint LaneBatch::taken_at() const { return source_->batch.taken_at(); }

bool LaneBatch::keep_below(Offset offset) {
  const auto kept =
      std::partition_point(records_.begin(), records_.end(),
                           [offset](const Record& record) { return record.offset() < offset; });
  records_ = records_.first(static_cast<std::size_t>(kept - records_.begin()));
  return !records_.empty();
}

LaneBatch LaneBatch::split_at(std::size_t index) {
  LaneBatch rest = *this;
  rest.records_ = records_.subspan(index);
  records_ = records_.first(index);
  return rest;
}

std::vector<LaneBatch> split(RecordBatch batch, std::span<const std::uint32_t> part_of,
                             std::size_t parts) {
  std::vector<LaneBatch> out(parts);
  if (parts == 1) {
    out.front() = LaneBatch(std::move(batch));
    return out;
  }
  std::vector<std::size_t> ends(parts, 0);  // first the sizes, then where the next record goes
  for (const std::uint32_t part : part_of) ++ends[part];
  std::size_t begin = 0;
  for (std::size_t& end : ends) begin += std::exchange(end, begin);
  auto source = std::make_shared<LaneBatch::Source>();
  source->sorted.resize(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) source->sorted[ends[part_of[i]]++] = batch[i];
  source->batch = std::move(batch);
  const std::span<const Record> sorted = source->sorted;
  begin = 0;
  for (std::size_t part = 0; part < parts; ++part) {
    if (ends[part] == begin) continue;
    out[part].records_ = sorted.subspan(begin, ends[part] - begin);
    out[part].source_ = source;
    begin = ends[part];
  }
  return out;
}

}  // namespace rookery
