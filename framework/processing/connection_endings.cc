// connection_endings.cc
//
// How partitions leave: running work, the last commit, the hand-back; and the end of all.
#include <rookery/processing/connection.h>

#include <rookery/base/duration.h>

#include <algorithm>
#include <utility>

namespace rookery {
namespace {

using namespace std::chrono_literals;

// Beyond the grace for running work: for the last commit, and for leaving the group. Start-up
// validation keeps grace + heartbeat + this below max.poll.interval.ms.
constexpr Duration kCommitGrace = 5s;
constexpr Duration kCloseTimeout = 5s;

}  // namespace

void Connection::advance_endings() {
  for (EndingSet& ending : endings_) {
    if (ending.phase == EndingSet::Phase::kQuiescing) end_work(ending);
    if (ending.phase == EndingSet::Phase::kCommitting) end_commits(ending);
  }
  std::erase_if(endings_,
                [](const EndingSet& ending) { return ending.phase == EndingSet::Phase::kDone; });
}

void Connection::end_work(EndingSet& ending) {
  const bool is_quiesced = ending.is_quiesced();
  if (!is_quiesced && now() < ending.work_deadline) return;
  if (!is_quiesced && ending.ending == Ending::kShutdown) ended_cleanly_ = false;
  for (const auto& partition : ending.partitions) partition->finish();
  ending.phase = EndingSet::Phase::kCommitting;
  ending.commit_deadline = deadline_in(kCommitGrace);
  if (ending.ending != Ending::kLost) commit_last(ending);
}

// Asks for what is done to be committed; earlier commits under way are waited for, too: they are
// answered in the order of the calls.
void Connection::commit_last(EndingSet& ending) {
  const std::vector<AssignmentId> assignments = ending.assignments();
  ending.commit = commit(assignments);
  for (const AssignmentId assignment : assignments) {
    const auto found = owned_.find(assignment);
    if (found == owned_.end() || found->second.committing < 0) continue;
    ending.commit.value = std::max(ending.commit.value, found->second.commit.value);
  }
  ending.is_commit_answered = ending.commit == CommitId{};
  ending.commit_again_at = kNever;
}

void Connection::end_commits(EndingSet& ending) {
  if (now() < ending.commit_deadline) {
    if (now() >= ending.commit_again_at) commit_last(ending);
    if (!ending.is_commit_answered || ending.commit_again_at != kNever) return;
  }
  ending.phase = EndingSet::Phase::kDone;
  if (!ending.is_commit_answered || ending.has_commit_failed) {
    if (ending.ending == Ending::kShutdown) ended_cleanly_ = false;
    publish_error("commit",
                  {.code = ErrorCode::kTimedOut,
                   .message = ending.is_commit_answered
                                  ? "the last commit failed: what it held will be done again"
                                  : "the last commit was not answered within " +
                                        format_duration(kCommitGrace)});
  }
  std::vector<TopicPartition> names;
  for (const auto& partition : ending.partitions) names.push_back(partition->topic_partition());
  forget(ending.assignments());
  if (!ending.revocation) return;
  consumer_->hand_back(*ending.revocation);
  if (!names.empty()) publish(EventKind::kPartitionsRevoked, names);
}

void Connection::forget(const std::vector<AssignmentId>& assignments) {
  give_up_requests(assignments);
  MutexLock lock(mutex_);
  for (const AssignmentId assignment : assignments) owned_.erase(assignment);
}

void Connection::begin_shutdown() {
  is_shutting_down_ = true;
  EndingSet set{.ending = Ending::kShutdown,
                .work_deadline = deadline_in(options_.shutdown_timeout)};
  for (const auto& [assignment, owned] : owned_) {
    owned.partition->end(Ending::kShutdown);
    set.partitions.push_back(owned.partition);
  }
  endings_.push_back(std::move(set));
}

void Connection::close() {
  std::vector<AssignmentId> rest;  // assigned while shutting down
  for (const auto& [assignment, owned] : owned_) rest.push_back(assignment);
  forget(rest);
  environment_->requests.close();
  const CloseReport report = consumer_->close(deadline_in(kCloseTimeout));
  if (!report.timed_out()) return;
  ended_cleanly_ = false;
  publish_error("connection", {.code = ErrorCode::kTimedOut,
                               .message = consumer_->text() + " close: " + report.text()});
}

}  // namespace rookery
