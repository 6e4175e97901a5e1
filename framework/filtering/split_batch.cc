// split_batch.cc
//
// Parts of a batch that keep it alive.
#include <rookery/filtering/split_batch.h>

#include <algorithm>

namespace rookery {
namespace {

class PartMemory final : public RecordBatch::Memory {
 public:
  PartMemory(std::shared_ptr<const RecordBatch> source, std::vector<Record> copies)
      : source_(std::move(source)), copies_(std::move(copies)) {}
  std::span<const Record> copies() const { return copies_; }

 private:
  const std::shared_ptr<const RecordBatch> source_;
  const std::vector<Record> copies_;
};

}  // namespace

void WaitingBatch::forget_from(Offset offset) {
  const auto lost =
      std::partition_point(records_.begin(), records_.end(),
                           [offset](const Record& record) { return record.offset() < offset; });
  records_ = records_.first(static_cast<std::size_t>(lost - records_.begin()));
  next_offset_ = std::min(next_offset_, offset);
}

void WaitingBatch::drop_below(Offset offset) {
  const auto wanted =
      std::partition_point(records_.begin(), records_.end(),
                           [offset](const Record& record) { return record.offset() < offset; });
  records_ = records_.subspan(static_cast<std::size_t>(wanted - records_.begin()));
}

SplitBatch::SplitBatch(const WaitingBatch& batch, const ChainVerdict& verdict)
    : source_(batch.source_), next_offset_(batch.next_offset_), held_(batch) {
  const std::span<const Record> records = batch.records_;
  passed_ = records.first(verdict.passed_end);
  held_.records_ = records.subspan(verdict.held_begin);
  dropped_ = verdict.held_begin - verdict.passed_end;
  if (verdict.passed_end < records.size()) next_offset_ = records[verdict.passed_end].offset();
  is_whole_ = !verdict.is_applied || verdict.kept.size() == passed_.size();
  if (is_whole_) return;
  kept_ = verdict.kept;
  std::size_t next = 0;  // the first record not looked at
  const auto add_done_below = [&](std::size_t end) {
    if (next < end) done_.emplace_back(passed_[next].offset(), passed_[end - 1].offset());
    next = end + 1;
  };
  for (const std::uint32_t index : kept_) add_done_below(index);
  add_done_below(passed_.size());
}

RecordBatch SplitBatch::take_kept() {
  std::span<const Record> kept = passed_;
  std::vector<Record> copies;
  if (!is_whole_) {
    if (kept_.empty()) return {};
    const std::size_t first = kept_.front();
    const std::size_t span = kept_.back() - first + 1;
    kept = passed_.subspan(first, span);
    if (span != kept_.size()) {
      copies.reserve(kept_.size());
      for (const std::uint32_t index : kept_) copies.push_back(passed_[index]);
    }
  }
  if (kept.empty()) return {};
  const AssignmentId assignment = source_->assignment();
  auto memory = std::make_unique<PartMemory>(source_, std::move(copies));
  if (!memory->copies().empty()) kept = memory->copies();
  RecordBatch batch(nullptr, assignment, kept, std::move(memory));
  batch.set_taken_at(source_->taken_at());
  return batch;
}

}  // namespace rookery
