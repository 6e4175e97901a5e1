// group_consumer.cc
//
// The application's calls; what happens between them is ConsumerCore's.
#include "mockbroker/client/group_consumer.h"

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace rookery::mock {

MockGroupConsumer::MockGroupConsumer(Network& network, ConsumerSettings settings,
                                     std::shared_ptr<ThreadReaper> reaper)
    : core_(std::make_shared<ConsumerCore>(network, std::move(settings))),
      reaper_(std::move(reaper)) {}

MockGroupConsumer::~MockGroupConsumer() {
  close_once(deadline_in(std::chrono::seconds(5)), /*is_destructor=*/true);
  if (core_->heartbeat.is_started()) reaper_->adopt(core_->heartbeat.release());
}

std::string MockGroupConsumer::text() const {
  std::optional<NodeId> node;
  {
    MutexLock lock(core_->group.mutex);
    node = core_->coordinator.node_locked();
  }
  return node ? core_->client.text({*node, kGroupChannel})
              : core_->client.text({core_->client.first_node(), kControlChannel});
}

Status MockGroupConsumer::subscribe(std::vector<std::string> topics) {
  ConsumerCore& core = *core_;
  if (core.settings.group.group_id.empty()) {
    return fail(ErrorCode::kState, "subscribe: group.id is not set");
  }
  Result<TopicSelection> selection = TopicSelection::parse(topics);
  if (!selection) return fail(selection.error());
  bool is_first = false;
  {
    MutexLock lock(core.group.mutex);
    if (core.is_closing) return fail(ErrorCode::kClosed, "subscribe: the consumer is closed");
    if (core.member.is_fatal()) return fail(*core.member.fatal());
    if (core.mode == ConsumerCore::Mode::kDirect) {
      return fail(ErrorCode::kState, "subscribe: partitions are assigned directly");
    }
    is_first = core.mode == ConsumerCore::Mode::kNone;
    core.mode = ConsumerCore::Mode::kGroup;
    core.rejoin.subscribe_locked(std::move(*selection));
  }
  if (is_first) core.heartbeat.start(core_);
  return {};
}

Status MockGroupConsumer::assign(std::vector<TopicPartitionOffset> partitions) {
  ConsumerCore& core = *core_;
  std::set<std::string> topics;
  std::map<TopicPartition, Offset> offsets;
  for (const TopicPartitionOffset& one : partitions) {
    if (one.offset < kEarliestOffset) {
      return fail(ErrorCode::kInvalidArgument,
                  "assign: " + one.partition.text() + ": offset " + std::to_string(one.offset));
    }
    topics.insert(one.partition.topic);
    offsets[one.partition] = one.offset;
  }
  std::vector<AssignedPartition> started;
  {
    MutexLock lock(core.group.mutex);
    if (core.is_closing) return fail(ErrorCode::kClosed, "assign: the consumer is closed");
    if (core.mode == ConsumerCore::Mode::kGroup) {
      return fail(ErrorCode::kState, "assign: the consumer is subscribed");
    }
    core.mode = ConsumerCore::Mode::kDirect;
    core.committer.set_direct_locked(true);
    core.metadata.set_interest(std::move(topics), /*all=*/false);
    core.owned.clear();  // a new assignment replaces the old one
    std::vector<TopicPartition> added;
    for (const auto& [partition, offset] : offsets) added.push_back(partition);
    core.owned.add(added);
    std::vector<OwnedPartitions::Resolved> resolved;
    for (const TopicPartition& partition : added) {
      resolved.push_back(
          {.partition = partition, .assignment = core.owned.find(partition)->assignment});
    }
    started = core.owned.announce(std::move(resolved));
  }
  for (const AssignedPartition& one : started) {
    core.starter.start_at(std::static_pointer_cast<RecordStream>(one.stream),
                          offsets[one.partition]);
  }
  return {};
}

Status MockGroupConsumer::check_open(const char* call) const {
  MutexLock lock(core_->group.mutex);
  if (!core_->is_closing) return {};
  return fail(ErrorCode::kClosed, std::string(call) + ": the consumer is closed");
}

std::vector<GroupEvent> MockGroupConsumer::take_events_locked() { return core_->events.take(); }

std::vector<GroupEvent> MockGroupConsumer::poll_events(TimePoint deadline) {
  ConsumerCore& core = *core_;
  {
    MutexLock lock(core.group.mutex);
    if (core.is_closing) return take_events_locked();
    core.member.poll_began();
  }
  std::vector<GroupEvent> events;
  core.drive_until(deadline, [&] {
    const bool is_woken = core.is_wake_wanted.exchange(false);
    MutexLock lock(core.group.mutex);
    events = take_events_locked();
    return is_woken || core.is_closing || !events.empty();
  });
  const TimePoint at = now();
  MutexLock lock(core.group.mutex);
  core.member.poll_ended(at);
  return events;
}

void MockGroupConsumer::wake() {
  core_->is_wake_wanted.store(true);
  core_->client.wake();
}

void MockGroupConsumer::hand_back(RevocationId revocation) {
  MutexLock lock(core_->group.mutex);
  core_->owned.hand_back(revocation);
  core_->committer.mark_hand_back_locked();
}

CommitId MockGroupConsumer::commit(std::vector<OffsetToCommit> offsets) {
  const CommitId id = core_->committer.commit(std::move(offsets));
  bool is_closed;
  {
    MutexLock lock(core_->group.mutex);
    is_closed = core_->is_closed;
    if (is_closed) core_->committer.close_locked();
  }
  // Leaves at once when it can; otherwise the next poll takes it along.
  if (!is_closed) core_->committer.drive();
  core_->tell();
  return id;
}

// An OffsetFetch on behalf of committed(): shared with its handler, which may come late.
struct MockGroupConsumer::Fetched {
  bool is_under_way = false;
  TimePoint retry_at{};
  std::optional<Result<std::vector<CommittedOffset>>> result;
  std::string problem = "no coordinator was found";
};

Result<std::vector<CommittedOffset>> MockGroupConsumer::committed(
    std::vector<TopicPartition> partitions, TimePoint deadline) {
  ConsumerCore& core = *core_;
  if (Status open = check_open("committed"); !open) return fail(open.error());
  if (core.settings.group.group_id.empty()) {
    return fail(ErrorCode::kState, "committed: group.id is not set");
  }
  const auto fetched = std::make_shared<Fetched>();
  const auto handle = [&core, fetched, partitions](NodeId node, const Result<Response>& response) {
    const TimePoint at = now();
    MutexLock lock(core.group.mutex);
    fetched->is_under_way = false;
    fetched->retry_at = saturating_add(at, core.settings.group.retry_backoff);
    const auto* answer = response ? std::get_if<OffsetFetchResponse>(&*response) : nullptr;
    if (!answer || (answer->error && is_retriable(*answer->error))) {
      fetched->problem = answer ? std::string(name(*answer->error)) : response.error().text();
      if (!answer || is_coordinator_lost(*answer->error)) core.coordinator.lost_locked(node);
      return;
    }
    if (answer->error) {
      fetched->result = fail(*answer->error, "committed: " + std::string(name(*answer->error)));
      return;
    }
    std::map<TopicPartition, const OffsetFetchResponse::Partition*> found;
    for (const auto& from : answer->partitions) found[from.partition] = &from;
    std::vector<CommittedOffset> all;
    for (const TopicPartition& partition : partitions) {
      const auto from = found.find(partition);
      CommittedOffset& one = all.emplace_back(CommittedOffset{.partition = partition});
      if (from == found.end() || from->second->offset < 0) continue;
      one.offset = from->second->offset;
      one.metadata = from->second->metadata;
    }
    fetched->result = std::move(all);
  };
  const auto is_done = [&] {
    const TimePoint at = now();
    NodeId node = -1;
    {
      MutexLock lock(core.group.mutex);
      if (fetched->result) return true;
      const std::optional<NodeId> known = core.coordinator.node_locked();
      if (fetched->is_under_way || !known || fetched->retry_at > at) return false;
      fetched->is_under_way = true;
      node = *known;
    }
    core.client.send(
        {node, kControlChannel},
        OffsetFetchRequest{.group = core.settings.group.group_id, .partitions = partitions},
        [handle, node](Result<Response> response) { handle(node, response); });
    return false;
  };
  // In steps, for the time of the next try lies in `fetched`.
  for (;;) {
    TimePoint until = deadline;
    {
      MutexLock lock(core.group.mutex);
      if (!fetched->is_under_way && fetched->retry_at > TimePoint{}) {
        until = std::min(until, fetched->retry_at);
      }
    }
    const bool has_result = core.drive_until(until, is_done);
    const TimePoint at = now();
    MutexLock lock(core.group.mutex);
    if (has_result) return std::move(*fetched->result);
    if (core.is_closing) return fail(ErrorCode::kClosed, "committed: the consumer is closed");
    if (at >= deadline) {
      return fail(ErrorCode::kTimedOut, "committed: no answer in time: " + fetched->problem);
    }
  }
}

Status MockGroupConsumer::seek(const TopicPartition& partition, Offset offset, TimePoint deadline) {
  ConsumerCore& core = *core_;
  if (Status open = check_open("seek"); !open) return open;
  std::shared_ptr<RecordStream> stream;
  {
    MutexLock lock(core.group.mutex);
    const OwnedPartitions::Owned* owned = core.owned.find(partition);
    if (!owned || owned->state != OwnedPartitions::Owned::State::kAssigned) {
      return fail(ErrorCode::kRevoked, "seek: " + partition.text() + " is not assigned");
    }
    stream = owned->stream;
  }
  if (offset >= 0) {
    stream->start(offset);
    core.client.wake();
    return {};
  }
  if (offset != kEarliestOffset && offset != kLatestOffset) {
    return fail(ErrorCode::kInvalidArgument,
                "seek: " + partition.text() + ": offset " + std::to_string(offset));
  }
  struct Found {
    std::optional<Result<Offset>> offset;  // guarded by CO
  };
  const auto found = std::make_shared<Found>();
  const OffsetLookups::LookupId lookup =
      core.lookups.begin(partition, offset, [&core, found](Result<Offset> answer) {
        MutexLock lock(core.group.mutex);
        found->offset = std::move(answer);
      });
  const bool is_answered = core.drive_until(deadline, [&] {
    MutexLock lock(core.group.mutex);
    return found->offset.has_value();
  });
  if (!is_answered) {
    const std::string problem = core.lookups.last_problem(lookup);
    core.lookups.cancel(lookup);
    if (Status open = check_open("seek"); !open) return open;
    return fail(ErrorCode::kTimedOut, "seek: " + partition.text() + ": " + problem);
  }
  MutexLock lock(core.group.mutex);
  if (!*found->offset) return fail(found->offset->error());
  const OwnedPartitions::Owned* owned = core.owned.find(partition);
  if (!owned || owned->stream != stream ||
      owned->state != OwnedPartitions::Owned::State::kAssigned) {
    return fail(ErrorCode::kRevoked, "seek: " + partition.text() + " was revoked meanwhile");
  }
  stream->start(**found->offset);
  return {};
}

std::vector<Position> MockGroupConsumer::positions() const {
  MutexLock lock(core_->group.mutex);
  std::vector<Position> positions;
  for (const auto& [partition, owned] : core_->owned.all()) {
    if (owned.state != OwnedPartitions::Owned::State::kAssigned) continue;
    positions.push_back({partition, owned.stream->position()});
  }
  return positions;
}

Result<GroupMetadata> MockGroupConsumer::group_metadata() const {
  MutexLock lock(core_->group.mutex);
  const MemberIdentity& identity = core_->member.identity();
  if (core_->mode != ConsumerCore::Mode::kGroup || identity.generation < 0) {
    return fail(ErrorCode::kState, "group_metadata: not a member of the group now");
  }
  return GroupMetadata{core_->settings.group.group_id, identity.generation, identity.member_id};
}

// Says goodbye, so that the others need not wait for the session timeout. False: not acknowledged
// by the deadline.
bool MockGroupConsumer::leave(TimePoint deadline, Inbox::Waiter& waiter) {
  ConsumerCore& core = *core_;
  LeaveGroupRequest request{.group = core.settings.group.group_id};
  std::optional<NodeId> node;
  bool is_joining = false;
  {
    MutexLock lock(core.group.mutex);
    request.member_id = core.member.identity().member_id;
    // A static member keeps its place for the time of its session: it is expected back.
    const bool is_static = !core.settings.group.group_instance_id.empty();
    if (core.mode != ConsumerCore::Mode::kGroup || request.member_id.empty() || is_static) {
      return true;
    }
    node = core.coordinator.node_locked();
    is_joining = core.member.phase() == MemberState::Phase::kJoining ||
                 core.member.phase() == MemberState::Phase::kSyncing;
  }
  if (!node) return true;  // nobody to say it to
  // What waits on that connection (a join) would be answered first.
  if (is_joining) core.client.disconnect({*node, kGroupChannel});
  struct Answer {
    bool has_come = false;  // guarded by CO
  };
  const auto answer = std::make_shared<Answer>();
  core.client.send({*node, kGroupChannel}, std::move(request), [&core, answer](Result<Response>) {
    MutexLock lock(core.group.mutex);
    answer->has_come = true;
  });
  for (;;) {
    const TimePoint at = now();
    {
      MutexLock lock(core.group.mutex);
      if (answer->has_come) return true;
    }
    if (at >= deadline) return false;
    core.client.poll(std::min(deadline, saturating_add(at, kIoSliceMost)), waiter);
  }
}

// Sends what commits can still be sent. False: the deadline came first.
bool MockGroupConsumer::finish_commits(TimePoint deadline, Inbox::Waiter& waiter) {
  ConsumerCore& core = *core_;
  for (;;) {
    const TimePoint next = std::min(core.coordinator.drive(), core.committer.drive());
    {
      MutexLock lock(core.group.mutex);
      if (core.committer.is_idle_locked()) return true;
      // Only a stable member commits, and this one joins no more.
      const bool is_member = core.mode != ConsumerCore::Mode::kGroup ||
                             core.member.phase() == MemberState::Phase::kStable;
      if (!is_member) return true;
    }
    core.tell();
    const TimePoint at = now();
    if (at >= deadline) return false;
    core.client.poll(std::min({deadline, next, saturating_add(at, kIoSliceMost)}), waiter);
  }
}

CloseReport MockGroupConsumer::close(TimePoint deadline) {
  return close_once(deadline, /*is_destructor=*/false);
}

CloseReport MockGroupConsumer::close_once(TimePoint deadline, bool is_destructor) {
  ConsumerCore& core = *core_;
  {
    MutexLock lock(core.group.mutex);
    if (core.is_closing) {
      // Another thread closes, or did.
      CloseReport report = close_report_;
      const bool is_over =
          core.is_closed && (!core.heartbeat.is_started() || core.heartbeat.has_ended_locked());
      if (report.outcome == CloseOutcome::kClosing && is_over) {
        report.outcome = CloseOutcome::kTerminated;
      }
      report.batches_held = core.pool->outstanding();
      return report;
    }
    core.is_closing = true;
    core.member.poll_began();
  }
  core.client.wake();  // a poll that waits ends
  Inbox::Waiter waiter;
  bool is_in_time = finish_commits(deadline, waiter);
  {
    MutexLock lock(core.group.mutex);
    core.member.stop();
    core.committer.close_locked();
    core.owned.clear();
    // The caller gave everything up by itself.
    core.events.erase_if([](const GroupEvent& event) {
      return std::holds_alternative<Assigned>(event) || std::holds_alternative<Revoking>(event);
    });
  }
  if (core.heartbeat.is_started()) core.heartbeat.request_stop();
  core.tell();
  if (mutant("close.waits_for_listener_under_lock")) {
    MutexLock lock(core.group.mutex);
    if (core.heartbeat.is_telling_locked() && !core.heartbeat.is_current_thread()) {
      core.heartbeat.join_until(kNever);
    }
  }
  is_in_time = leave(deadline, waiter) && is_in_time;
  const bool is_on_itself = core.heartbeat.is_current_thread() &&
                            !(mutant("close.destructor_joins_itself") && is_destructor);
  if (core.heartbeat.is_started() && !is_on_itself) {
    // H ends within moments of being told: the leave may have used up the deadline.
    const TimePoint moments = deadline_in(std::chrono::milliseconds(100));
    is_in_time = core.heartbeat.join_until(std::max(deadline, moments)) && is_in_time;
  }
  core.client.close();
  MutexLock lock(core.group.mutex);
  core.is_closed = true;
  close_report_ = {.outcome = !is_in_time ? CloseOutcome::kTimedOut
                              : is_on_itself && !mutant("close.says_terminated")
                                  ? CloseOutcome::kClosing
                                  : CloseOutcome::kTerminated,
                   .batches_held = core.pool->outstanding()};
  return close_report_;
}

}  // namespace rookery::mock
