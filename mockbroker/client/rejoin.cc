// rejoin.cc
//
// One step at a time: decided under CO, sent without it.
#include "mockbroker/client/rejoin.h"

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <utility>

namespace rookery::mock {

using Phase = MemberState::Phase;

Rejoin::Rejoin(const GroupSettings& settings, NetworkClient& client, Metadata& metadata,
               GroupLock& group, Coordinator& coordinator, MemberState& member,
               OwnedPartitions& owned, EventQueue& events)
    : settings_(settings),
      client_(client),
      metadata_(metadata),
      group_(group),
      coordinator_(coordinator),
      member_(member),
      owned_(owned),
      events_(events),
      is_cooperative_(rookery::mock::is_cooperative(settings.strategies.front())),
      backoff_(settings.retry_backoff, std::chrono::seconds(1)) {}

void Rejoin::subscribe_locked(TopicSelection selection) {
  selection_ = std::move(selection);
  topics_.reset();
  noticed_metadata_ = 0;
  if (!selection_.has_patterns()) topics_ = selection_.names();
  metadata_.set_interest(selection_.names(), selection_.has_patterns());
  member_.want_rejoin();
}

std::set<std::string> Rejoin::group_topics_locked() const {
  std::set<std::string> topics;
  for (const JoinGroupResponse::Member& member : members_) {
    topics.insert(member.subscription.topics.begin(), member.subscription.topics.end());
  }
  return topics;
}

// Topics that come and go, partitions that are added: patterns mean something else then, and the
// leader's assignment is out of date.
void Rejoin::notice_metadata() {
  const std::uint64_t version = metadata_.version();
  if (version == 0) return;
  MutexLock lock(group_.mutex);
  if (noticed_metadata_ == version) return;
  noticed_metadata_ = version;
  if (selection_.has_patterns()) {
    std::set<std::string> topics = selection_.resolve(metadata_.topics());
    if (topics_ && *topics_ != topics) member_.want_rejoin();
    topics_ = std::move(topics);
  }
  if (is_leader_ && member_.phase() == Phase::kStable &&
      metadata_.partition_counts(group_topics_locked()) != assigned_counts_) {
    member_.want_rejoin();
  }
}

TimePoint Rejoin::drive(bool commits_wait) {
  notice_metadata();
  const TimePoint at = now();
  TimePoint timer = kNever;
  std::optional<Outgoing> outgoing;
  {
    MutexLock lock(group_.mutex);
    if (selection_.empty() || member_.is_fatal()) return kNever;
    outgoing = next_locked(at, commits_wait, timer);
  }
  if (outgoing) send(std::move(*outgoing));
  return timer;
}

std::optional<Rejoin::Outgoing> Rejoin::next_locked(TimePoint at, bool commits_wait,
                                                    TimePoint& timer) {
  switch (member_.phase()) {
    case Phase::kUnjoined:
      if (!member_.wants_rejoin()) return std::nullopt;
      // Commits are sent by stable members only: waiting for them here would wait for ever.
      return begin_join_locked(at, /*commits_wait=*/false, timer);
    case Phase::kStable:
      if (!member_.wants_rejoin()) return std::nullopt;
      return begin_join_locked(at, commits_wait, timer);
    case Phase::kAssigning:
      return begin_sync_locked();
    case Phase::kJoining:
    case Phase::kSyncing:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Rejoin::Outgoing> Rejoin::begin_join_locked(TimePoint at, bool commits_wait,
                                                          TimePoint& timer) {
  if (!is_cooperative_) owned_.revoke_all();
  if (owned_.has_pending_hand_backs() || commits_wait) return std::nullopt;
  const std::optional<NodeId> node = coordinator_.node_locked();
  if (!topics_ || !node) return std::nullopt;
  // A beat behind a join on its connection would wait as long as the join.
  if (member_.is_beat_under_way()) return std::nullopt;
  if (retry_at_ > at) {
    timer = retry_at_;
    return std::nullopt;
  }
  if (under_way_at_) return end_given_up_locked(at, timer);
  Outgoing outgoing{.node = *node, .join = join_request_locked()};
  outgoing.attempt = member_.begin_join();
  under_way_at_ = node;
  return outgoing;
}

std::optional<Rejoin::Outgoing> Rejoin::end_given_up_locked(TimePoint at, TimePoint& timer) {
  if (!given_up_until_) given_up_until_ = saturating_add(at, settings_.retry_backoff);
  if (*given_up_until_ <= at) return Outgoing{.node = *under_way_at_};
  timer = *given_up_until_;
  return std::nullopt;
}

JoinGroupRequest Rejoin::join_request_locked() const {
  JoinGroupRequest request{
      .group = settings_.group_id,
      .session_timeout = std::chrono::duration_cast<Milliseconds>(settings_.session_timeout),
      .rebalance_timeout = std::chrono::duration_cast<Milliseconds>(settings_.max_poll_interval),
      .member_id = member_.identity().member_id,
      .group_instance_id = settings_.group_instance_id};
  Subscription subscription{.topics = {topics_->begin(), topics_->end()}};
  if (is_cooperative_) {
    subscription.owned_partitions = owned_.held();
    subscription.generation = member_.identity().generation;
  }
  for (const std::string& strategy : settings_.strategies) {
    request.protocols.push_back({strategy, subscription});
  }
  return request;
}

std::optional<Rejoin::Outgoing> Rejoin::begin_sync_locked() {
  const std::optional<NodeId> node = coordinator_.node_locked();
  if (!node) return std::nullopt;
  SyncGroupRequest request{.group = settings_.group_id,
                           .generation = member_.identity().generation,
                           .member_id = member_.identity().member_id,
                           .group_instance_id = settings_.group_instance_id};
  if (is_leader_) {
    const std::set<std::string> topics = group_topics_locked();
    const PartitionCounts counts = metadata_.partition_counts(topics);
    const std::map<std::string, ErrorCode> errors = metadata_.topic_errors();
    bool is_complete = true;
    for (const std::string& topic : topics) {
      if (counts.contains(topic) || errors.contains(topic)) continue;
      metadata_.add_interest(topic);  // another member's
      is_complete = false;
    }
    if (!is_complete) return std::nullopt;
    assigned_counts_ = counts;
    request.assignments = assign(protocol_, members_, counts);
  }
  member_.syncing();
  under_way_at_ = node;
  return Outgoing{.node = *node, .attempt = member_.attempt(), .sync = std::move(request)};
}

void Rejoin::send(Outgoing outgoing) {
  const std::uint64_t attempt = outgoing.attempt;
  const NodeId node = outgoing.node;
  // The coordinator holds a join until all members came, at most for the rebalance timeout.
  const Duration timeout = settings_.max_poll_interval + std::chrono::seconds(5);
  if (outgoing.join) {
    client_.send({node, kGroupChannel}, std::move(*outgoing.join), timeout,
                 [this, attempt, node](Result<Response> response) {
                   handle_join(attempt, node, std::move(response));
                 });
  } else if (outgoing.sync) {
    client_.send({node, kGroupChannel}, std::move(*outgoing.sync), timeout,
                 [this, attempt, node](Result<Response> response) {
                   handle_sync(attempt, node, std::move(response));
                 });
  } else {
    client_.disconnect({node, kGroupChannel});
  }
}

void Rejoin::answered_locked() {
  under_way_at_.reset();
  given_up_until_.reset();
}

void Rejoin::handle_join(std::uint64_t attempt, NodeId node, Result<Response> response) {
  const TimePoint at = now();
  auto* answer = response ? std::get_if<JoinGroupResponse>(&*response) : nullptr;
  MutexLock lock(group_.mutex);
  answered_locked();
  const bool is_given_up = !member_.is_current_attempt(attempt, Phase::kJoining);
  if (is_given_up && !mutant("rejoin.late_join_is_followed")) return;
  if (!answer) {
    handle_error_locked(
        response ? Error{.message = "JoinGroup: an answer to something else"} : response.error(),
        node, at);
    return;
  }
  if (answer->error == ErrorCode::kMemberIdRequired) {
    member_.take_member_id(answer->member_id);
    member_.join_failed();  // joins with it at once
    return;
  }
  if (answer->error) {
    handle_error_locked({.code = *answer->error, .message = "JoinGroup"}, node, at);
    return;
  }
  backoff_.reset();
  told_.reset();
  protocol_ = answer->protocol;
  is_leader_ = answer->leader == answer->member_id;
  members_ = std::move(answer->members);
  member_.joined(answer->generation, answer->member_id, at);
}

void Rejoin::handle_sync(std::uint64_t attempt, NodeId node, Result<Response> response) {
  const TimePoint at = now();
  const auto* answer = response ? std::get_if<SyncGroupResponse>(&*response) : nullptr;
  MutexLock lock(group_.mutex);
  answered_locked();
  if (!member_.is_current_attempt(attempt, Phase::kSyncing)) return;
  if (!answer) {
    handle_error_locked(
        response ? Error{.message = "SyncGroup: an answer to something else"} : response.error(),
        node, at);
    return;
  }
  if (answer->error == ErrorCode::kRebalanceInProgress) {
    member_.join_failed();  // the next generation began meanwhile
    return;
  }
  if (answer->error) {
    handle_error_locked({.code = *answer->error, .message = "SyncGroup"}, node, at);
    return;
  }
  member_.stable(at);
  take_assignment_locked(answer->assignment);
}

void Rejoin::take_assignment_locked(const std::vector<TopicPartition>& assignment) {
  const std::set<TopicPartition> assigned(assignment.begin(), assignment.end());
  std::vector<TopicPartition> taken;
  for (const TopicPartition& partition : owned_.held()) {
    if (!assigned.contains(partition)) taken.push_back(partition);
  }
  if (!taken.empty()) {
    // KIP-429: give them up, then join again so that their next owner gets them.
    owned_.revoke(taken);
    member_.want_rejoin();
  }
  owned_.add({assigned.begin(), assigned.end()});
}

void Rejoin::handle_error_locked(const Error& error, NodeId node, TimePoint at) {
  const std::string place = "group '" + settings_.group_id + "': ";
  switch (error.code) {
    case ErrorCode::kUnknownMemberId:
      member_.lose(/*keeps_member_id=*/false);
      return;
    case ErrorCode::kIllegalGeneration:
      member_.lose(/*keeps_member_id=*/true);
      return;
    case ErrorCode::kFencedInstanceId:
      member_.fail({.code = error.code,
                    .message = place + "another process uses group.instance.id " +
                               settings_.group_instance_id});
      return;
    case ErrorCode::kTransport:
    case ErrorCode::kNotCoordinator:
    case ErrorCode::kCoordinatorNotAvailable:
    case ErrorCode::kTimedOut:
      coordinator_.lost_locked(node);
      member_.join_failed();
      return;
    default:
      member_.join_failed();
      retry_at_ = saturating_add(at, backoff_.next());
      if (is_retriable(error.code) || told_ == error.code) return;
      told_ = error.code;
      events_.emplace_back(
          ConsumerError{Error{.code = error.code, .message = place + error.text()}, std::nullopt});
      return;
  }
}

}  // namespace rookery::mock
