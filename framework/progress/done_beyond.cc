// done_beyond.cc
//
// A walk over ranges, beside the stream's.
#include <rookery/progress/done_beyond.h>

#include <rookery/runtime/mutant.h>

#include <algorithm>

namespace rookery {

DoneBeyond::DoneBeyond(Offset committed, const CommitProgress& progress)
    : ranges_(progress.done), leader_epoch_(progress.leader_epoch), asked_below_(committed) {}

bool DoneBeyond::contains(Offset offset, std::int32_t leader_epoch) {
  if (empty()) return false;
  if (offset < asked_below_) forget_from(offset);
  asked_below_ = offset + 1;
  while (!empty() && ranges_[next_].end <= offset) ++next_;
  if (empty()) {
    ranges_ = {};
    next_ = 0;
    return false;
  }
  return ranges_[next_].begin <= offset && is_of_this_life(leader_epoch);
}

OffsetRanges DoneBeyond::ahead() const {
  return {ranges_.begin() + static_cast<std::ptrdiff_t>(next_), ranges_.end()};
}

void DoneBeyond::forget_from(Offset offset) {
  rookery::forget_from(ranges_, offset);
  next_ = std::min(next_, ranges_.size());
}

bool DoneBeyond::is_of_this_life(std::int32_t leader_epoch) const {
  if (mutant("progress.believes_another_life")) return true;
  if (leader_epoch_ < 0) return leader_epoch < 0;
  return leader_epoch >= 0 && leader_epoch <= leader_epoch_;
}

}  // namespace rookery
