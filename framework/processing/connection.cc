// connection.cc
//
// The control thread: events, commits, revocations, shutdown.
#include <rookery/processing/connection.h>

#include <rookery/base/duration.h>

#include <algorithm>
#include <new>
#include <utility>

namespace rookery {
namespace {

using namespace std::chrono_literals;

constexpr Duration kCommitAgain = 200ms;  // between tries of the last commit
constexpr Duration kWatchIntervalMost = 1s;
constexpr Duration kBeginningInterval = 100ms;
constexpr int kBadAllocsMost = 100;  // then memory will not come back

// Often enough to tell a consume_timeout soon after it has passed.
Duration watch_interval_for(const ConnectionOptions& options) {
  Duration interval = kWatchIntervalMost;
  for (const auto& [topic, route] : options.topics) {
    interval = std::min(interval, route.second.consume_timeout / 4);
  }
  return std::max<Duration>(interval, 1ms);
}

}  // namespace

Connection::Connection(ConnectionOptions options, std::unique_ptr<GroupConsumer> consumer,
                       std::shared_ptr<PartitionEnvironment> environment)
    : options_(std::move(options)),
      consumer_(std::move(consumer)),
      environment_(std::move(environment)),
      watch_interval_(watch_interval_for(options_)),
      consumer_text_(consumer_->text()) {
  environment_->on_quiesced = environment_->wake_control = [this] { consumer_->wake(); };
}

Connection::~Connection() {
  stop();
  if (thread_.joinable()) thread_.join();
}

Status Connection::start() {
  std::vector<std::string> topics;
  for (const auto& [topic, route] : options_.topics) topics.push_back(topic);
  if (Status subscribed = consumer_->subscribe(std::move(topics)); !subscribed) return subscribed;
  ticked_at_.store(now());
  thread_ = Thread("control-" + options_.group, [this] { run(); });
  return {};
}

void Connection::stop() {
  is_stopping_.store(true);
  consumer_->wake();
}

bool Connection::join_until(TimePoint deadline) {
  return !thread_.joinable() || thread_.join_until(deadline);
}

void Connection::run() {
  next_commit_ = deadline_in(options_.settings.commit_interval);
  next_watch_ = deadline_in(watch_interval_);
  bool is_given_up = false;
  for (bool is_going_on = true; is_going_on;) {
    try {
      is_going_on = advance();
    } catch (const std::bad_alloc&) {
      is_going_on = note_bad_alloc();
      is_given_up = !is_going_on;
    }
  }
  close();
  if (!is_given_up) ticked_at_.store(kNever);
}

bool Connection::advance() {
  tick();
  if (is_stopping_.load() && !is_shutting_down_) begin_shutdown();
  serve_requests();
  advance_endings();
  if (is_shutting_down_ && endings_.empty()) return false;
  for (GroupEvent& event : consumer_->poll_events(next_deadline())) {
    std::visit([this](auto& what) { handle(what); }, event);
  }
  commit_if_due();
  watch();
  return true;
}

// The server stops, and this thread goes on to that end: partitions are finished, commits made, the
// group left. What it was told and did not deal with is its next owners'.
bool Connection::note_bad_alloc() {
  environment_->on_bad_alloc("the control thread of " + options_.group);
  if (++bad_allocs_ < kBadAllocsMost) return true;
  ended_cleanly_ = false;
  return false;
}

TimePoint Connection::next_deadline() const {
  TimePoint next = std::min(next_commit_, next_watch_);
  if (!strays_.empty()) next = std::min(next, return_again_);
  for (const EndingSet& ending : endings_) next = std::min(next, ending.next_deadline());
  return next;
}

// ---- Events

void Connection::handle(Assigned& assigned) {
  std::map<TopicPartition, std::optional<Offset>> starts;
  std::vector<TopicPartition> unrouted;
  std::vector<std::shared_ptr<Partition>> born;
  {
    MutexLock lock(mutex_);
    for (AssignedPartition& partition : assigned.partitions) {
      const auto route = options_.topics.find(partition.partition.topic);
      if (route == options_.topics.end()) {
        unrouted.push_back(partition.partition);
        continue;
      }
      starts.emplace(partition.partition, partition.committed);
      const auto& [factory, settings] = route->second;
      auto actor = std::make_shared<Partition>(environment_, partition, factory, settings);
      born.push_back(actor);
      // What was ignored is not worth a commit of its own to take it away.
      if (!actor->metadata_problem().empty()) partition.metadata.clear();
      owned_[partition.assignment] = Owned{.partition = std::move(actor),
                                           .committed = partition.committed.value_or(-1),
                                           .committed_metadata = std::move(partition.metadata)};
    }
  }
  // Nothing is taken or committed there: the next owner that has a route begins where the last one
  // ended. To leave the group for it would only have it assigned again.
  for (const TopicPartition& partition : unrouted) {
    publish_error("assignment",
                  {.code = ErrorCode::kUnknownTopicOrPartition,
                   .message = "the group assigned a partition of a topic without a route here: it "
                              "is left alone until it goes to another member"},
                  partition);
  }
  for (const auto& partition : born) {
    if (partition->metadata_problem().empty()) continue;
    publish_error("metadata",
                  {.code = ErrorCode::kUnsupported,
                   .message = "what was committed with the offset is ignored: " +
                              partition->metadata_problem()},
                  partition->topic_partition());
  }
  publish_assigned(starts);
  next_commit_ = std::min(next_commit_, deadline_in(commit_interval()));
  if (is_shutting_down_) return;  // never started: closing hands them back untouched
  for (const auto& partition : born) partition->start();
}

void Connection::handle(Revoking& revoking) {
  EndingSet set{.revocation = revoking.revocation,
                .ending = revoking.lost ? Ending::kLost : Ending::kRevoked,
                .work_deadline = deadline_in(options_.settings.revocation_grace)};
  std::vector<TopicPartition> names;
  for (const OwnedPartition& partition : revoking.partitions) {
    const auto found = owned_.find(partition.assignment);
    if (found == owned_.end()) continue;  // of a topic without a route
    names.push_back(partition.partition);
    set.partitions.push_back(found->second.partition);
    found->second.partition->end(set.ending);
    if (revoking.lost) found->second.partition->finish();
  }
  if (revoking.lost) {
    // Nobody waits for what is lost; the set stays until the hooks have run.
    if (!names.empty()) publish(EventKind::kPartitionsLost, names);
    consumer_->hand_back(*std::exchange(set.revocation, std::nullopt));
  }
  endings_.push_back(std::move(set));
}

void Connection::handle(CommitDone& done) {
  for (EndingSet& ending : endings_) {
    if (ending.phase != EndingSet::Phase::kCommitting || ending.commit != done.commit) continue;
    ending.is_commit_answered = true;
    ending.has_commit_failed = false;
    for (const CommitResult& result : done.results) {
      if (result.status || result.status.error().code == ErrorCode::kRevoked) continue;
      if (!ending.has(result.assignment)) continue;
      ending.has_commit_failed = true;
      // A coordinator that moves may have arrived by then.
      if (is_retriable(result.status.error().code) ||
          result.status.error().code == ErrorCode::kOffsetMetadataTooLarge) {
        ending.commit_again_at = deadline_in(kCommitAgain);
      }
    }
  }
  answer_commits(done);
  for (const CommitResult& result : done.results) {
    const auto found = owned_.find(result.assignment);
    if (found != owned_.end()) {
      MutexLock lock(mutex_);
      note_answer(found->second, result, /*is_latest=*/found->second.commit == done.commit);
    }
    if (result.status) {
      environment_->relay->publish(
          {.kind = EventKind::kCommitted,
           .origin = environment_->origin,
           .message = result.partition.text() + " at " + std::to_string(result.offset),
           .partition = result.partition,
           .offset = result.offset,
           .group = options_.group});
    } else if (result.status.error().code != ErrorCode::kRevoked) {
      publish_error("commit", result.status.error(), result.partition, result.offset);
    }
  }
}

// ---- Commits

CommitId Connection::commit(const std::vector<AssignmentId>& assignments, bool is_asked_for) {
  std::vector<OffsetToCommit> offsets;
  std::vector<Owned*> asked;
  for (const AssignmentId assignment : assignments) {
    const auto found = owned_.find(assignment);
    if (found == owned_.end()) continue;
    Owned& owned = found->second;
    if (owned.partition->is_lost()) continue;
    const PartitionMarks::Committable done = owned.partition->committable_progress();
    if (done.offset < 0) continue;
    std::string metadata = encode(owned, done);
    if (is_told(owned, done, metadata) && !is_asked_for) continue;
    offsets.push_back({.partition = owned.partition->topic_partition(),
                       .assignment = assignment,
                       .offset = done.offset,
                       .metadata = std::move(metadata),
                       .leader_epoch = done.leader_epoch});
    asked.push_back(&owned);
  }
  if (offsets.empty()) return {};
  const std::vector<OffsetToCommit> committing = offsets;
  const CommitId id = consumer_->commit(std::move(offsets));
  MutexLock lock(mutex_);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    asked[i]->committing = committing[i].offset;
    asked[i]->committing_metadata = committing[i].metadata;
    asked[i]->committing_epoch = committing[i].leader_epoch;
    asked[i]->commit = id;
  }
  return id;
}

// A group that begins at the end is owed what comes after the beginning that it committed: until
// then each new owner begins at the end anew, so it is committed soon.
Duration Connection::commit_interval() const {
  const Duration interval = options_.settings.commit_interval;
  if (options_.settings.initial_offset != InitialOffset::kLatest) return interval;
  MutexLock lock(mutex_);
  const bool is_begun = std::all_of(owned_.begin(), owned_.end(), [](const auto& entry) {
    return entry.second.committed >= 0 || entry.second.partition->is_gone();
  });
  return is_begun ? interval : std::min<Duration>(interval, kBeginningInterval);
}

void Connection::commit_if_due() {
  if (now() < next_commit_) return;
  next_commit_ = deadline_in(commit_interval());
  std::vector<AssignmentId> all;
  for (const auto& [assignment, owned] : owned_) {
    if (!owned.partition->is_gone()) all.push_back(assignment);
  }
  commit(all);
}

// ---- Watching and telling

void Connection::watch() {
  const TimePoint time = now();
  if (time < next_watch_) return;
  next_watch_ = saturating_add(time, watch_interval_);
  std::vector<Event> events;
  std::string consumer_text = consumer_->text();
  ClientStatistics statistics = consumer_->statistics();
  {
    MutexLock lock(mutex_);
    consumer_text_ = std::move(consumer_text);
    statistics_ = std::move(statistics);
    for (auto& [assignment, owned] : owned_) {
      add_slow_runs(*owned.partition, time, events);
    }
  }
  for (const Event& event : events) environment_->events->publish(event);
}

void Connection::add_slow_runs(Partition& partition, TimePoint time, std::vector<Event>& events) {
  const Duration timeout = partition.settings().consume_timeout;
  for (const PartitionMarks::SlowRun& run : partition.slow_runs(time)) {
    const auto lasts = std::chrono::floor<std::chrono::milliseconds>(run.lasts);
    Event event{.kind = EventKind::kConsumeSlow,
                .origin = environment_->origin,
                .message = std::string(run.hook != nullptr ? run.hook : "consume") +
                           " is not over after " + format_duration(lasts) +
                           ", consume_timeout is " + format_duration(timeout),
                .partition = partition.topic_partition(),
                .group = options_.group};
    if (run.offset >= 0) event.offset = run.offset;
    events.push_back(std::move(event));
  }
}

void Connection::add_vitals(TimePoint time, Vitals& vitals) const {
  if (const TimePoint ticked = ticked_at_.load(); ticked != kNever) {
    vitals.control_threads.push_back({options_.group, std::max(Duration::zero(), time - ticked)});
  }
  MutexLock lock(mutex_);
  for (const auto& [assignment, owned] : owned_) {
    if (owned.partition->is_gone()) continue;  // another's by now
    const auto run = owned.partition->longest_run(time);
    if (!run || (vitals.longest_run && run->lasts <= vitals.longest_run->lasts)) continue;
    vitals.longest_run = Vitals::Run{.partition = owned.partition->topic_partition(),
                                     .offset = run->offset,
                                     .hook = run->hook != nullptr ? run->hook : "",
                                     .lasts = run->lasts};
  }
}

void Connection::add_statistics(std::vector<ServerStatistics>& all) const {
  if (ticked_at_.load() == kNever) return;
  MutexLock lock(mutex_);
  all.push_back({.group = options_.group, .client = statistics_});
}

std::string Connection::describe() const {
  MutexLock lock(mutex_);
  std::string out = consumer_text_ + " group=" + options_.group + "\n";
  for (const auto& [assignment, owned] : owned_) {
    out +=
        "  " + owned.partition->describe() + " committed=" + std::to_string(owned.committed) + "\n";
  }
  return out;
}

void Connection::add_progress(std::vector<PartitionProgress>& all) const {
  MutexLock lock(mutex_);
  for (const auto& [assignment, owned] : owned_) all.push_back(progress_of(owned));
}

void Connection::add_gauges(std::vector<PartitionGauges>& all) const {
  MutexLock lock(mutex_);
  for (const auto& [assignment, owned] : owned_) {
    if (owned.partition->is_gone()) continue;  // another's by now
    all.push_back({.progress = progress_of(owned),
                   .log_end = owned.partition->log_end(),
                   .uncommitted = owned.partition->marks().outstanding(),
                   .busy_lanes = owned.partition->marks().busy_lanes()});
  }
}

PartitionProgress Connection::progress_of(const Owned& owned) const {
  return {.group = options_.group,
          .partition = owned.partition->topic_partition(),
          .done = owned.partition->committable(),
          .committed = owned.committed};
}

}  // namespace rookery
