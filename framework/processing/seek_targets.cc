// seek_targets.cc
//
// The bounds are asked before the time: a record that comes in between lies at or above the end
// that was found, so that none is passed over.
#include <rookery/processing/seek_targets.h>

#include <optional>
#include <utility>
#include <vector>

namespace rookery {

Result<Offset> SeekTargets::find(const TopicPartition& partition, const SeekTo& to,
                                 TimePoint deadline) {
  const Result<std::shared_ptr<AdminClient>> asked = admin();
  if (!asked) return fail(asked.error());
  AdminClient& client = **asked;
  const Result<std::vector<Watermarks>> bounds = client.watermarks({partition}, deadline);
  if (!bounds) return fail(bounds.error());
  const Offset low = bounds->at(0).low;
  const Offset high = bounds->at(0).high;
  switch (to.kind()) {
    case SeekTo::Kind::kEarliest:
      return low;
    case SeekTo::Kind::kLatest:
      return high;
    case SeekTo::Kind::kTime: {
      const Result<std::vector<std::optional<Offset>>> found =
          client.offsets_for_time({partition}, to.time(), deadline);
      if (!found) return fail(found.error());
      return found->at(0).value_or(high);
    }
    case SeekTo::Kind::kOffset:
      break;
  }
  if (to.offset() >= low && to.offset() <= high) return to.offset();
  return fail(ErrorCode::kOffsetOutOfRange, partition.text() + ": seek to " + to.text() +
                                                ": the log has " + std::to_string(low) + " to " +
                                                std::to_string(high));
}

Result<std::shared_ptr<AdminClient>> SeekTargets::admin() {
  const auto closed = [] { return fail(ErrorCode::kClosed, "seek: the server stops"); };
  is_asked_.store(true);
  {
    MutexLock lock(mutex_);
    if (is_closed_.load()) return closed();
    if (admin_) return admin_;
  }
  Result<std::unique_ptr<AdminClient>> made = transport_.make_admin(config_);
  if (!made) return fail(made.error());
  std::shared_ptr<AdminClient> mine = std::move(*made);  // of two at once, one is given up
  MutexLock lock(mutex_);
  if (is_closed_.load()) return closed();
  if (!admin_) admin_ = mine;
  return admin_;
}

void SeekTargets::close() {
  is_closed_.store(true);
  if (!is_asked_.load()) return;
  std::shared_ptr<AdminClient> admin;
  {
    MutexLock lock(mutex_);
    admin = admin_;
  }
  if (admin) admin->close();
}

}  // namespace rookery
