// committer.cc
//
// The head of the queue is sent, retried and answered; the others wait behind it.
#include "mockbroker/client/committer.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {

Committer::Committer(const GroupSettings& settings, NetworkClient& client, GroupLock& group,
                     Coordinator& coordinator, MemberState& member, OwnedPartitions& owned,
                     EventQueue& events)
    : settings_(settings),
      client_(client),
      group_(group),
      coordinator_(coordinator),
      member_(member),
      owned_(owned),
      events_(events) {}

CommitId Committer::commit(std::vector<OffsetToCommit> offsets) {
  const TimePoint deadline = deadline_in(settings_.api_timeout);
  MutexLock lock(group_.mutex);
  Waiting& commit = waiting_.emplace_back();
  commit.id = CommitId{++last_id_};
  commit.deadline = deadline;
  for (OffsetToCommit& offset : offsets) {
    const bool fits = offset.metadata.size() <= settings_.offset_metadata_most;
    commit.results.push_back({.partition = std::move(offset.partition),
                              .assignment = offset.assignment,
                              .offset = offset.offset});
    commit.metadata.push_back(std::move(offset.metadata));
    commit.leader_epochs.push_back(offset.leader_epoch);
    commit.is_done.push_back(false);
    const std::size_t index = commit.results.size() - 1;
    if (offset.offset < 0) {
      finish(commit, index,
             fail(ErrorCode::kInvalidArgument, commit.results[index].partition.text() +
                                                   ": commit: offset " +
                                                   std::to_string(offset.offset)));
      continue;
    }
    if (fits) continue;
    finish(commit, index,
           fail(ErrorCode::kOffsetMetadataTooLarge,
                commit.results[index].partition.text() + ": commit: metadata of " +
                    std::to_string(commit.metadata[index].size()) + " bytes, at most " +
                    std::to_string(settings_.offset_metadata_most) + " are allowed"));
  }
  return commit.id;
}

bool Committer::has_unsent_locked() const {
  // One that is tried again may need the join to succeed: nobody waits for it.
  if (waiting_.empty() || waiting_.front().retry_at > TimePoint{}) return false;
  return std::any_of(waiting_.begin(), waiting_.end(), [this](const Waiting& commit) {
    return !commit.was_sent && commit.id.value <= first_until_;
  });
}

void Committer::finish(Waiting& commit, std::size_t index, Status status) {
  commit.results[index].status = std::move(status);
  commit.is_done[index] = true;
}

void Committer::finish_open(Waiting& commit, ErrorCode code, const std::string& message) {
  for (std::size_t i = 0; i < commit.results.size(); ++i) {
    if (commit.is_done[i]) continue;
    finish(commit, i, fail(code, commit.results[i].partition.text() + ": commit: " + message));
  }
}

void Committer::close_locked() {
  for (Waiting& commit : waiting_) {
    finish_open(commit, ErrorCode::kClosed,
                commit.was_sent ? "closed before it was answered: the outcome is unknown"
                                : "closed before it was sent");
    events_.emplace_back(CommitDone{commit.id, std::move(commit.results)});
  }
  waiting_.clear();
}

bool Committer::settle_locked(Waiting& commit, TimePoint at) {
  if (settings_.group_id.empty()) {
    finish_open(commit, ErrorCode::kState, "there is no group.id to commit for");
  } else if (member_.is_fatal()) {
    finish_open(commit, member_.fatal()->code, member_.fatal()->message);
  } else if (commit.deadline <= at) {
    finish_open(commit, ErrorCode::kTimedOut,
                "not done within socket.timeout.ms: " + commit.problem);
  }
  bool is_open = false;
  for (std::size_t i = 0; i < commit.results.size(); ++i) {
    if (commit.is_done[i]) continue;
    const CommitResult& result = commit.results[i];
    if (owned_.is_current(result.partition, result.assignment)) {
      is_open = true;
    } else {
      finish(commit, i,
             fail(ErrorCode::kRevoked, result.partition.text() + ": commit: no longer assigned"));
    }
  }
  return !is_open;
}

void Committer::finish_head_locked(TimePoint at) {
  while (!waiting_.empty() && !waiting_.front().is_under_way) {
    Waiting& head = waiting_.front();
    if (!settle_locked(head, at)) return;
    events_.emplace_back(CommitDone{head.id, std::move(head.results)});
    waiting_.pop_front();
  }
}

std::optional<Committer::Outgoing> Committer::next_locked(TimePoint at, TimePoint& timer) {
  finish_head_locked(at);
  if (waiting_.empty() || waiting_.front().is_under_way) return std::nullopt;
  Waiting& head = waiting_.front();
  timer = head.deadline;
  MemberIdentity identity = is_direct_ ? MemberIdentity{} : member_.identity();
  const bool is_stable =
      is_direct_ || (member_.phase() == MemberState::Phase::kStable && identity.generation >= 0);
  const std::optional<NodeId> node = coordinator_.node_locked();
  if (!is_stable || !node) return std::nullopt;
  if (head.retry_at > at) {
    timer = std::min(timer, head.retry_at);
    return std::nullopt;
  }
  Outgoing outgoing{.node = *node, .id = head.id, .identity = identity};
  outgoing.timeout = std::min<Duration>(settings_.request_timeout, head.deadline - at);
  outgoing.request.group = settings_.group_id;
  outgoing.request.generation = identity.generation;
  outgoing.request.member_id = identity.member_id;
  if (!is_direct_) outgoing.request.group_instance_id = settings_.group_instance_id;
  for (std::size_t i = 0; i < head.results.size(); ++i) {
    if (head.is_done[i]) continue;
    const CommitResult& wanted = head.results[i];
    const OwnedPartitions::Owned* owned = owned_.find(wanted.partition);
    std::int32_t epoch = head.leader_epochs[i];
    if (epoch < 0 && owned) epoch = owned->stream->epoch_before(wanted.offset);
    outgoing.request.partitions.push_back({.partition = wanted.partition,
                                           .offset = wanted.offset,
                                           .leader_epoch = epoch,
                                           .metadata = head.metadata[i]});
    outgoing.indexes.push_back(i);
  }
  head.is_under_way = true;
  head.was_sent = true;
  return outgoing;
}

TimePoint Committer::drive() {
  const TimePoint at = now();
  TimePoint timer = kNever;
  std::optional<Outgoing> outgoing;
  {
    MutexLock lock(group_.mutex);
    outgoing = next_locked(at, timer);
  }
  if (!outgoing) return timer;
  OffsetCommitRequest request = std::move(outgoing->request);
  const Destination to{outgoing->node, kGroupChannel};
  const Duration timeout = outgoing->timeout;
  client_.send(to, std::move(request), timeout,
               [this, sent = std::move(*outgoing)](Result<Response> response) {
                 handle(sent, std::move(response));
               });
  return kNever;
}

bool Committer::retries_locked(ErrorCode code, const Outgoing& sent) {
  switch (code) {
    case ErrorCode::kIllegalGeneration:
    case ErrorCode::kUnknownMemberId:
      // Sent as who we were: the partitions that are still ours may go as who we are.
      if (is_direct_ || member_.identity() != sent.identity) return !is_direct_;
      member_.lose(/*keeps_member_id=*/code == ErrorCode::kIllegalGeneration);
      return false;
    case ErrorCode::kFencedInstanceId:
      member_.fail(
          {.code = code, .message = "commit: another process uses this group.instance.id"});
      return false;
    case ErrorCode::kRebalanceInProgress:
      if (!is_direct_ && member_.identity() == sent.identity) member_.want_rejoin();
      return true;
    case ErrorCode::kUnknownTopicOrPartition:
      return false;
    default:
      if (is_coordinator_lost(code)) coordinator_.lost_locked(sent.node);
      return is_retriable(code);
  }
}

void Committer::handle(const Outgoing& sent, Result<Response> response) {
  const TimePoint at = now();
  const auto* answer = response ? std::get_if<OffsetCommitResponse>(&*response) : nullptr;
  MutexLock lock(group_.mutex);
  if (waiting_.empty() || waiting_.front().id != sent.id) return;  // closed meanwhile
  Waiting& head = waiting_.front();
  head.is_under_way = false;
  if (!answer) {
    // That its own time was up says nothing of the coordinator.
    const bool was_cut_short = sent.timeout < settings_.request_timeout;
    const bool is_late = !response && response.error().code == ErrorCode::kTimedOut;
    if (!is_late || !was_cut_short) coordinator_.lost_locked(sent.node);
    if (!response) head.problem = response.error().text();
    return;  // the connection has its backoff
  }
  for (std::size_t i = 0; i < sent.indexes.size(); ++i) {
    const std::size_t index = sent.indexes[i];
    const bool is_answered = i < answer->partitions.size() &&
                             answer->partitions[i].partition == head.results[index].partition;
    const MaybeError error =
        is_answered ? answer->partitions[i].error : MaybeError(ErrorCode::kUnknown);
    if (!error) {
      finish(head, index, {});
    } else if (retries_locked(*error, sent)) {
      head.problem = name(*error);
      head.retry_at = saturating_add(at, settings_.retry_backoff);
    } else {
      finish(head, index,
             fail(*error,
                  head.results[index].partition.text() + ": commit: " + std::string(name(*error))));
    }
  }
  finish_head_locked(at);
}

}  // namespace rookery::mock
