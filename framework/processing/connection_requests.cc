// connection_requests.cc
//
// What consumers wait for: commits and seeks, asked on workers and answered here.
#include <rookery/processing/connection.h>

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace rookery {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSeekMost = 2s;        // nothing is polled meanwhile
constexpr Duration kReturnAgain = 200ms;  // to where a seek that failed began

}  // namespace

void Connection::serve_requests() {
  return_strays();
  if (environment_->requests.empty()) return;
  std::vector<AssignmentId> to_commit;
  std::vector<std::shared_ptr<ControlRequest>> asking;
  for (std::shared_ptr<ControlRequest>& request : environment_->requests.take()) {
    tick();
    const auto found = owned_.find(request->assignment());
    if (found == owned_.end() || found->second.partition->is_gone()) {
      request->answer(fail(ErrorCode::kRevoked, "the partition is no longer ours"));
    } else if (request->target()) {
      seek(*found->second.partition, request);
    } else {
      to_commit.push_back(request->assignment());
      asking.push_back(std::move(request));
    }
  }
  if (asking.empty()) return;
  std::sort(to_commit.begin(), to_commit.end());
  to_commit.erase(std::unique(to_commit.begin(), to_commit.end()), to_commit.end());
  const CommitId id = commit(to_commit, /*is_asked_for=*/true);
  for (std::shared_ptr<ControlRequest>& request : asking) {
    if (id == CommitId{}) {
      request->answer({});  // nothing was ever taken
    } else {
      asked_commits_.push_back({id, std::move(request)});
    }
  }
}

void Connection::answer_commits(const CommitDone& done) {
  for (auto& [commit, request] : asked_commits_) {
    if (commit != done.commit) continue;
    const auto result = std::find_if(
        done.results.begin(), done.results.end(),
        [&](const CommitResult& one) { return one.assignment == request->assignment(); });
    request->answer(result == done.results.end() ? Status() : result->status);
  }
  std::erase_if(asked_commits_, [&](const auto& asked) { return asked.first == done.commit; });
}

// The answer may come to who does not wait any more.
void Connection::give_up_requests(const std::vector<AssignmentId>& assignments) {
  const auto is_over = [&](AssignmentId assignment) {
    return std::find(assignments.begin(), assignments.end(), assignment) != assignments.end();
  };
  for (auto& [commit, request] : asked_commits_) {
    if (!is_over(request->assignment())) continue;
    request->answer(fail(ErrorCode::kRevoked, "the partition is no longer ours"));
  }
  std::erase_if(asked_commits_,
                [&](const auto& asked) { return is_over(asked.second->assignment()); });
  std::erase_if(strays_, [&](const auto& stray) { return is_over(stray.first); });
}

void Connection::seek(Partition& partition, const std::shared_ptr<ControlRequest>& request) {
  if (partition.is_ending()) {
    return request->answer(fail(ErrorCode::kRevoked, "the partition is no longer ours"));
  }
  if (strays_.contains(partition.assignment())) {
    return request->answer(
        fail(ErrorCode::kState, "a seek before this one has failed, and is being taken back"));
  }
  if (!partition.hold_still()) {  // the step that takes wakes this thread
    environment_->requests.post(request);
    return;
  }
  try {
    if (request->begin()) request->answer(move(partition, *request));
  } catch (const std::bad_alloc&) {
    // Who asked waits for the answer alone, and where the stream is nobody will want to know.
    request->answer(fail(ErrorCode::kState, "no memory"));
    partition.set_adrift(true);
    partition.let_go();
    throw;
  }
  partition.let_go();
}

Status Connection::move(Partition& partition, const ControlRequest& request) {
  const Offset target = *request.target();
  if (mutant("seek.moves_before_it_succeeded")) partition.move_to(target);
  const Offset before = position_of(partition.topic_partition());
  const TimePoint deadline = std::min(request.deadline(), deadline_in(kSeekMost));
  const Status moved = consumer_->seek(partition.topic_partition(), target, deadline);
  if (moved) {
    partition.move_to(target);
  } else if (before >= 0 && moved.error().code != ErrorCode::kRevoked) {
    // It may take effect all the same.
    partition.set_adrift(true);
    strays_[partition.assignment()] = before;
    return_again_ = now();
  }
  return moved;
}

// Nothing is taken from a stream that may stand elsewhere until it surely stands where it did.
void Connection::return_strays() {
  if (strays_.empty() || now() < return_again_) return;
  return_again_ = deadline_in(kReturnAgain);
  for (auto stray = strays_.begin(); stray != strays_.end();) {
    tick();
    const auto found = owned_.find(stray->first);
    if (found == owned_.end() || found->second.partition->is_gone()) {
      stray = strays_.erase(stray);
      continue;
    }
    Partition& partition = *found->second.partition;
    const Status back =
        consumer_->seek(partition.topic_partition(), stray->second, deadline_in(kReturnAgain));
    if (!back) {
      ++stray;
      continue;
    }
    partition.set_adrift(false);
    partition.schedule();
    stray = strays_.erase(stray);
  }
}

Offset Connection::position_of(const TopicPartition& partition) const {
  for (const Position& position : consumer_->positions()) {
    if (position.partition == partition) return position.next;
  }
  return -1;
}

}  // namespace rookery
