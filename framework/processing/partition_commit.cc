// partition_commit.cc
//
// Commits that somebody waits for, and the user's string beside them.
#include <rookery/processing/partition.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rookery {
namespace {

constexpr Duration kCommitAgain = std::chrono::milliseconds(100);

// The coordinator's words for: somebody else has the partition, or nobody.
bool tells_of_loss(ErrorCode code) {
  return code == ErrorCode::kIllegalGeneration || code == ErrorCode::kUnknownMemberId ||
         code == ErrorCode::kFencedInstanceId;
}

}  // namespace

// ---- What is known

void PartitionMarks::set_own_metadata(Offset offset, std::string text) {
  MutexLock lock(mutex_);
  own_metadata_[offset] = std::move(text);
  const auto beyond = own_metadata_.upper_bound(ledger_.committable());
  if (beyond != own_metadata_.begin())
    own_metadata_.erase(own_metadata_.begin(), std::prev(beyond));
}

const std::string& PartitionMarks::own_metadata_at(Offset committable) const {
  static const std::string kNone;
  const auto beyond = own_metadata_.upper_bound(committable);
  return beyond == own_metadata_.begin() ? kNone : std::prev(beyond)->second;
}

Status PartitionMarks::wait_until_done(LaneDesk& desk, std::span<const Offset> offsets,
                                       TimePoint deadline) {
  if (offsets.empty()) return {};
  const Offset last = offsets.back();
  std::size_t done = 0;
  std::optional<Status> end;
  MutexLock lock(mutex_);
  ++waiting_;
  waited_for_.wait_until(lock, deadline, [&] {
    while (done < offsets.size() && ledger_.is_done(offsets[done])) ++done;
    if (is_gone()) {
      end = fail(ErrorCode::kRevoked, "the partition is no longer ours");
    } else if (!counts_locked(last, &desk)) {
      end = fail(ErrorCode::kState, "a seek has passed the record by");
    } else if (done == offsets.size()) {
      end = Status();
    } else if (desk.output_failure && desk.output_failure->offset <= last) {
      end = fail(desk.output_failure->error);
    }
    return end.has_value();
  });
  --waiting_;
  if (end) return *end;
  return fail(ErrorCode::kTimedOut,
              "offset " + std::to_string(offsets[done]) + " has outputs that are not acknowledged");
}

void PartitionMarks::notify_waiting() {
  if (waiting_ > 0) waited_for_.notify_all();
}

// ---- The partition

Error Partition::no_longer_ours(const char* what) const {
  return {.code = ErrorCode::kRevoked,
          .message = topic_partition_.text() + ": " + what + ": the partition is no longer ours"};
}

Status Partition::commit(TimePoint deadline) {
  for (;;) {
    const auto request = std::make_shared<ControlRequest>(assignment_, std::nullopt, deadline);
    if (is_gone() || !environment_->requests.post(request)) return fail(no_longer_ours("commit"));
    environment_->wake_control();
    const Status committed = request->wait();
    if (is_gone()) return fail(no_longer_ours("commit"));
    if (committed) return {};
    const Error& error = committed.error();
    if (tells_of_loss(error.code)) {
      Error lost = no_longer_ours("commit");
      lost.message += ": " + error.text();
      return fail(std::move(lost));
    }
    const bool may_pass = is_retriable(error.code);
    if (!may_pass || now() >= deadline) {
      Error out = error;
      out.message = topic_partition_.text() + ": commit: " + error.message;
      return fail(std::move(out));
    }
    sleep_until(std::min(deadline, deadline_in(kCommitAgain)));
  }
}

bool Partition::commit_async() {
  if (is_gone()) return false;
  const auto request = std::make_shared<ControlRequest>(assignment_, std::nullopt, kNever);
  if (!environment_->requests.post(request)) return false;
  environment_->wake_control();
  return true;
}

}  // namespace rookery
