// commits.cc
//
// The queue is short (commits under way and those that came meanwhile), so plain loops do.
#include <rookery/transport/librdkafka/commits.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rookery::librdkafka {

using std::chrono::milliseconds;

namespace {
constexpr milliseconds kRetryBackoff{100};
}

bool is_worth_retrying(const Error& error) {
  switch (error.code) {
    case ErrorCode::kTransport:
    case ErrorCode::kTimedOut:
    case ErrorCode::kRequestTimedOut:
    case ErrorCode::kRebalanceInProgress:
    case ErrorCode::kCoordinatorLoadInProgress:
    case ErrorCode::kCoordinatorNotAvailable:
    case ErrorCode::kNotCoordinator:
    case ErrorCode::kNotEnoughReplicas:
    case ErrorCode::kNotEnoughReplicasAfterAppend:
      return true;
    default:
      return false;
  }
}

CommitId CommitQueue::add(std::vector<OffsetToCommit> offsets, std::vector<Status> refused,
                          TimePoint deadline) {
  Pending pending;
  pending.done.commit = CommitId{++last_commit_};
  pending.deadline = deadline;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    OffsetToCommit& offset = offsets[i];
    const bool is_open = refused[i].has_value();
    pending.done.results.push_back(CommitResult{.partition = std::move(offset.partition),
                                                .assignment = offset.assignment,
                                                .offset = offset.offset,
                                                .status = std::move(refused[i])});
    pending.metadata.push_back(std::move(offset.metadata));
    pending.open.push_back(is_open);
    pending.gone.push_back(false);
    pending.open_count += is_open ? 1 : 0;
  }
  pending_.push_back(std::move(pending));
  return CommitId{last_commit_};
}

std::optional<CommitQueue::Request> CommitQueue::next_request(TimePoint present) {
  if (attempt_under_way_ != 0 || present < next_try_) return std::nullopt;
  Request request;
  request.attempt = last_attempt_ + 1;
  for (Pending& pending : pending_) {
    if (pending.open_count == 0) continue;
    for (std::size_t i = 0; i < pending.open.size(); ++i) {
      if (!pending.open[i]) continue;
      const CommitResult& result = pending.done.results[i];
      request.items[result.partition] = Item{result.offset, pending.metadata[i]};
    }
    pending.attempt = request.attempt;
  }
  if (request.items.empty()) return std::nullopt;
  attempt_under_way_ = last_attempt_ = request.attempt;
  return request;
}

void CommitQueue::answered(std::uint64_t attempt, const Status& overall,
                           const std::map<TopicPartition, Status>& statuses, TimePoint present) {
  if (attempt != attempt_under_way_) return;
  attempt_under_way_ = 0;
  for (Pending& pending : pending_) {
    if (pending.attempt != attempt) continue;
    pending.attempt = 0;
    for (std::size_t i = 0; i < pending.open.size(); ++i) {
      if (!pending.open[i]) continue;
      const auto found = statuses.find(pending.done.results[i].partition);
      const Status& status = found == statuses.end() ? overall : found->second;
      if (!status && is_worth_retrying(status.error()) && !pending.gone[i]) {
        next_try_ = present + kRetryBackoff;
        continue;
      }
      close(pending, i, status);
    }
  }
}

void CommitQueue::expire(TimePoint present) {
  for (Pending& pending : pending_) {
    if (pending.open_count == 0 || present < pending.deadline) continue;
    for (std::size_t i = 0; i < pending.open.size(); ++i) {
      if (!pending.open[i]) continue;
      close(pending, i,
            fail(ErrorCode::kTimedOut,
                 pending.done.results[i].partition.text() +
                     ": the commit was not answered in time; its outcome is unknown"));
    }
  }
  // An answer nobody waits for any more does not hold the next request back.
  const bool is_awaited =
      std::any_of(pending_.begin(), pending_.end(), [&](const Pending& pending) {
        return pending.open_count > 0 && pending.attempt == attempt_under_way_;
      });
  if (attempt_under_way_ != 0 && !is_awaited) attempt_under_way_ = 0;
}

void CommitQueue::revoke(const std::vector<OwnedPartition>& partitions) {
  for (Pending& pending : pending_) {
    for (std::size_t i = 0; i < pending.open.size(); ++i) {
      const CommitResult& result = pending.done.results[i];
      const bool is_gone =
          std::any_of(partitions.begin(), partitions.end(), [&](const OwnedPartition& owned) {
            return owned.partition == result.partition && owned.assignment == result.assignment;
          });
      if (!pending.open[i] || !is_gone) continue;
      if (pending.attempt != 0) {
        pending.gone[i] = true;  // its answer tells
        continue;
      }
      close(pending, i,
            fail(ErrorCode::kRevoked,
                 result.partition.text() + ": revoked before the commit was sent"));
    }
  }
}

void CommitQueue::end_all(const Error& error) {
  for (Pending& pending : pending_) {
    for (std::size_t i = 0; i < pending.open.size(); ++i) {
      if (pending.open[i]) close(pending, i, fail(error));
    }
  }
  attempt_under_way_ = 0;
}

std::vector<CommitDone> CommitQueue::take_done() {
  std::vector<CommitDone> done;
  while (!pending_.empty() && pending_.front().open_count == 0) {
    done.push_back(std::move(pending_.front().done));
    pending_.pop_front();
  }
  return done;
}

TimePoint CommitQueue::next_expiry() const {
  TimePoint next = kNever;
  for (const Pending& pending : pending_) {
    if (pending.open_count > 0) next = std::min(next, pending.deadline);
  }
  return next;
}

TimePoint CommitQueue::next_try() const {
  if (attempt_under_way_ != 0) return kNever;
  const bool has_open = std::any_of(pending_.begin(), pending_.end(),
                                    [](const Pending& pending) { return pending.open_count > 0; });
  return has_open ? next_try_ : kNever;
}

void CommitQueue::close(Pending& pending, std::size_t index, Status status) {
  pending.open[index] = false;
  --pending.open_count;
  pending.done.results[index].status = std::move(status);
}

}  // namespace rookery::librdkafka
