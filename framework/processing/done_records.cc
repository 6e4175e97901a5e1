// done_records.cc
//
// What is kept of a batch is a list of its own, which keeps the batch.
#include <rookery/processing/done_records.h>

#include <memory>
#include <utility>
#include <vector>

namespace rookery {
namespace {

struct Kept final : RecordBatch::Memory {
  RecordBatch source;
  std::vector<Record> records;
};

}  // namespace

ToldApart tell_apart(RecordBatch&& batch, DoneBeyond& done) {
  ToldApart out;
  if (done.empty()) {
    out.batch = std::move(batch);
    return out;
  }
  std::unique_ptr<Kept> kept;
  bool is_going_on = false;  // the record before is done, too
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Record& record = batch[i];
    const bool is_done = done.contains(record.offset(), record.leader_epoch());
    if (is_done && !kept) {
      kept = std::make_unique<Kept>();
      kept->records.assign(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (is_done) {
      if (!is_going_on) out.done.push_back({.begin = record.offset(), .end = 0});
      out.done.back().end = record.offset() + 1;
    } else if (kept) {
      kept->records.push_back(record);
    }
    is_going_on = is_done;
  }
  if (!kept) {
    out.batch = std::move(batch);
  } else if (!kept->records.empty()) {
    const AssignmentId assignment = batch.assignment();
    const TimePoint taken_at = batch.taken_at();
    kept->source = std::move(batch);
    const std::span<const Record> records = kept->records;
    out.batch = RecordBatch(/*handle=*/nullptr, assignment, records, std::move(kept));
    out.batch.set_taken_at(taken_at);
  }
  return out;
}

}  // namespace rookery
