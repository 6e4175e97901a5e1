// consumer.cc
//
// The public calls of the consumer and its loop over librdkafka's events.
#include <rookery/transport/librdkafka/consumer.h>

#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/errors.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace rookery::librdkafka {

using std::chrono::milliseconds;

namespace {

// Foreign blocking calls are cut into slices of this length.
constexpr int kSliceMs = 200;
// librdkafka's look at the membership counts as present for this long (see may_commit).
constexpr milliseconds kMembershipFresh{30};
constexpr milliseconds kMembershipEvery{100};
// Kafka's default of offset.metadata.max.bytes.
constexpr std::size_t kMetadataBytesMax = 4096;
constexpr int kEventsAtOnce = 1000;

bool is_valid_offset(Offset offset) {
  return offset >= 0 || offset == kLatestOffset || offset == kEarliestOffset;
}

}  // namespace

Result<std::unique_ptr<GroupConsumer>> Consumer::make(const ConfigMap& common,
                                                      GroupConsumerOptions options,
                                                      LogHandler on_log,
                                                      std::shared_ptr<Reaper> reaper) {
  Result<BuiltConfig> config = build_config(common, options.config, Role::kConsumer);
  if (!config) return fail(config.error());
  if (Status status = share_prefetch(*config, options.prefetch_bytes, options.expected_partitions);
      !status) {
    return fail(status.error());
  }
  ConsumerSettings settings;
  settings.client_id = config->client_id;
  settings.group_id = *config->find("group.id");
  settings.auto_offset_reset = config->find("auto.offset.reset").value_or("latest");
  settings.is_cooperative =
      config->find("partition.assignment.strategy").value_or("").find("cooperative") !=
      std::string::npos;
  settings.commit_timeout = milliseconds(config->number("socket.timeout.ms", 60'000));
  settings.statistics_interval = milliseconds(config->number("statistics.interval.ms", 0));
  settings.has_round_trips = config->number("statistics.interval.ms", 1) > 0;
  if (settings.is_cooperative) {
    // A commit beside a join would cost every partition; statistics alone tell of joins.
    const std::string every = std::to_string(kMembershipEvery.count());
    if (Status status = set_property(config->conf.get(), "statistics.interval.ms", every);
        !status) {
      return fail(status.error());
    }
  }
  rd_kafka_conf_set_events(config->conf.get(), RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR |
                                                   RD_KAFKA_EVENT_STATS |
                                                   RD_KAFKA_EVENT_OFFSET_COMMIT);
  auto connection =
      Connection::make(RD_KAFKA_CONSUMER, std::move(*config), std::move(on_log), reaper);
  if (!connection) return fail(connection.error());
  auto core = std::make_shared<ConsumerCore>(std::move(*connection));
  return std::make_unique<Consumer>(std::move(core), std::move(settings), std::move(reaper));
}

Consumer::Consumer(std::shared_ptr<ConsumerCore> core, ConsumerSettings settings,
                   std::shared_ptr<Reaper> reaper)
    : core_(std::move(core)), settings_(std::move(settings)), reaper_(std::move(reaper)) {
  // Everything arrives in one queue of our own: the client's events, the group's, our commits and
  // questions.
  core_->events.reset(rd_kafka_queue_new(client()));
  rd_kafka_poll_set_consumer(client());
  const QueueHandle group(rd_kafka_queue_get_consumer(client()));
  rd_kafka_queue_forward(group.get(), core_->events.get());
  wake_queue_ = core_->events.get();
}

Consumer::~Consumer() { close(deadline_in(std::chrono::seconds(5))); }

std::string Consumer::text() const {
  if (core_) return core_->connection->text();
  return "<client_id=" + settings_.client_id + " state=closed>";
}

ClientStatistics Consumer::statistics() const {
  return core_ ? core_->connection->statistics() : ClientStatistics{};
}

Status Consumer::closed_error() const {
  return fail(ErrorCode::kClosed, "the consumer was closed");
}

Status Consumer::subscribe(std::vector<std::string> topics) {
  if (mode_ == Mode::kClosed) return closed_error();
  if (mode_ == Mode::kAssigned)
    return fail(ErrorCode::kState, "subscribe: partitions were assigned directly");
  if (topics.empty()) return fail(ErrorCode::kInvalidArgument, "subscribe: no topics");
  const PartitionListHandle list = new_list(topics.size());
  std::string names;
  for (const std::string& topic : topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    names += (names.empty() ? "" : ", ") + topic;
  }
  if (const auto error = rd_kafka_subscribe(client(), list.get());
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(make_error(error, "subscribe to " + names));
  }
  mode_ = Mode::kSubscribed;
  return {};
}

std::vector<GroupEvent> Consumer::poll_events(TimePoint deadline) {
  for (;;) {
    TimePoint present = now();
    if (core_) {
      for (int i = 0; i < kEventsAtOnce; ++i) {
        const EventHandle event(rd_kafka_queue_poll(core_->events.get(), 0));
        if (!event) break;
        handle(event.get());
      }
      present = now();
      serve(present);
      for (std::string& restored : core_->connection->take_restored()) {
        events_.emplace_back(ConnectionRestored{std::move(restored)});
      }
    }
    for (CommitDone& done : commits_.take_done()) events_.emplace_back(std::move(done));
    if (is_woken_.exchange(false) || !events_.empty() || !core_ || present >= deadline) {
      return std::exchange(events_, {});
    }
    const int wait = milliseconds_until(std::min(deadline, next_timer()), kSliceMs);
    const EventHandle event(rd_kafka_queue_poll(core_->events.get(), wait));
    if (event) handle(event.get());
  }
}

void Consumer::wake() {
  is_woken_ = true;
  MutexLock lock(wake_mutex_);
  if (wake_queue_ != nullptr) rd_kafka_queue_yield(wake_queue_);
}

void Consumer::handle(rd_kafka_event_t* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE:
      on_rebalance(event);
      break;
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
      on_committed(event);
      break;
    case RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT:
      on_offsets(event);
      break;
    case RD_KAFKA_EVENT_ERROR:
      on_error(event);
      break;
    case RD_KAFKA_EVENT_STATS:
      on_statistics(event);
      break;
    default:
      break;
  }
}

void Consumer::on_statistics(rd_kafka_event_t* event) {
  const char* json = rd_kafka_event_stats(event);
  core_->connection->note_statistics(json, settings_.has_round_trips);
  if (settings_.is_cooperative) membership_ = membership_in(json);
  if (settings_.statistics_interval == Duration::zero()) return;
  const TimePoint present = now();
  if (settings_.is_cooperative && present < next_statistics_) return;
  next_statistics_ = present + settings_.statistics_interval;
  events_.emplace_back(Statistics{json});
}

void Consumer::serve(TimePoint present) {
  for (Starting& starting : starting_) {
    if (starting.request == 0 && present >= starting.next_try) ask_for_offsets(starting, present);
  }
  commits_.expire(present);
  if (!may_commit(present)) return;
  if (const auto request = commits_.next_request(present)) send_commit(*request);
}

TimePoint Consumer::next_timer() const {
  TimePoint next = commits_.next_expiry();
  if (may_commit(now())) next = std::min(next, commits_.next_try());
  for (const Starting& starting : starting_) {
    if (starting.request == 0) next = std::min(next, starting.next_try);
  }
  return next;
}

// A commit that reaches the coordinator between our join and its answer carries a generation that
// is gone: the answer would cost a cooperative member all its partitions. librdkafka waits for us
// between an event of the rebalance and our answer, so then no join is under way; else a look of
// this moment must say so.
bool Consumer::may_commit(TimePoint present) const {
  if (!settings_.is_cooperative || mode_ == Mode::kAssigned) return true;
  if (!starting_.empty()) return true;
  for (const auto& [id, revocation] : revocations_) {
    if (!revocation.lost) return true;
  }
  return membership_.is_steady && present - membership_.at <= kMembershipFresh;
}

CommitId Consumer::commit(std::vector<OffsetToCommit> offsets) {
  std::vector<Status> refused;
  for (const OffsetToCommit& offset : offsets) {
    const std::string what = offset.partition.text();
    const auto stream = streams_.find(offset.partition);
    const bool is_lost =
        std::any_of(revocations_.begin(), revocations_.end(), [&](const auto& entry) {
          return entry.second.lost &&
                 std::any_of(entry.second.owned.begin(), entry.second.owned.end(),
                             [&](const OwnedPartition& owned) {
                               return owned.partition == offset.partition;
                             });
        });
    if (mode_ == Mode::kClosed) {
      refused.push_back(closed_error());
    } else if (is_lost || stream == streams_.end() ||
               stream->second->assignment() != offset.assignment) {
      refused.push_back(fail(ErrorCode::kRevoked, what + ": no longer ours"));
    } else if (offset.metadata.size() > kMetadataBytesMax) {
      refused.push_back(fail(ErrorCode::kOffsetMetadataTooLarge,
                             what + ": " + std::to_string(offset.metadata.size()) +
                                 " bytes of metadata, 4096 are allowed"));
    } else if (offset.offset < 0) {
      refused.push_back(fail(ErrorCode::kInvalidArgument,
                             what + ": not an offset: " + std::to_string(offset.offset)));
    } else {
      refused.emplace_back();
    }
  }
  const CommitId id = commits_.add(std::move(offsets), std::move(refused),
                                   saturating_add(now(), settings_.commit_timeout));
  if (core_) serve(now());
  return id;
}

void Consumer::send_commit(const CommitQueue::Request& request) {
  const PartitionListHandle list = new_list(request.items.size());
  for (const auto& [partition, item] : request.items) {
    rd_kafka_topic_partition_t* entry = add_to(list.get(), partition);
    entry->offset = item.offset;
    set_metadata(client(), entry, item.metadata);
  }
  const rd_kafka_resp_err_t error = rd_kafka_commit_queue(
      client(), list.get(), core_->events.get(), nullptr, reinterpret_cast<void*>(request.attempt));
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  commits_.answered(request.attempt, fail(make_error(error, "commit")), {}, now());
}

void Consumer::on_committed(rd_kafka_event_t* event) {
  const auto attempt = reinterpret_cast<std::uint64_t>(rd_kafka_event_opaque(event));
  Status overall;
  if (const auto error = rd_kafka_event_error(event); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    overall = fail(make_error(error, "commit"));
  }
  std::map<TopicPartition, Status> statuses;
  const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    TopicPartition partition = partition_of(list->elems[i]);
    const rd_kafka_resp_err_t error = list->elems[i].err;
    Status status = overall;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      status = fail(make_error(error, partition.text() + ": commit"));
    statuses.emplace(std::move(partition), std::move(status));
  }
  commits_.answered(attempt, overall, statuses, now());
}

Result<std::vector<CommittedOffset>> Consumer::committed(std::vector<TopicPartition> partitions,
                                                         TimePoint deadline) {
  if (!core_) return fail(closed_error().error());
  const QueueHandle answers(rd_kafka_queue_new(client()));
  std::map<TopicPartition, CommittedOffset> found;
  std::vector<TopicPartition> missing = partitions;
  std::vector<Error> errors;  // of the last answer
  while (!missing.empty()) {
    request_offsets(client(), settings_.group_id, missing, answers.get(), 0,
                    std::max(1, milliseconds_until(deadline, 3'600'000)));
    EventHandle event;
    while (!event && now() < deadline) {
      event.reset(rd_kafka_queue_poll(answers.get(), milliseconds_until(deadline, kSliceMs)));
    }
    if (event) {
      errors.clear();
      Result<FoundOffsets> offsets = offsets_in(event.get());
      if (!offsets) {
        errors.push_back(offsets.error());
      } else {
        found.merge(offsets->found);
        for (auto& [partition, error] : offsets->failed) errors.push_back(std::move(error));
      }
      for (const Error& error : errors) {
        if (!error.retriable && !is_worth_retrying(error)) return fail(error);
      }
    }
    std::erase_if(missing,
                  [&](const TopicPartition& partition) { return found.contains(partition); });
    if (missing.empty()) break;
    if (now() >= deadline) {
      return fail(ErrorCode::kTimedOut, "committed offsets of " + rookery::text(missing) +
                                            (errors.empty() ? "" : ": " + errors.front().text()));
    }
    sleep_until(std::min(deadline, deadline_in(milliseconds(50))));
  }
  std::vector<CommittedOffset> answer;
  for (const TopicPartition& partition : partitions) answer.push_back(found.at(partition));
  return answer;
}

Status Consumer::seek(const TopicPartition& partition, Offset offset, TimePoint deadline) {
  if (!core_) return closed_error();
  const auto stream = streams_.find(partition);
  if (stream == streams_.end())
    return fail(ErrorCode::kRevoked, partition.text() + ": not assigned");
  if (!is_valid_offset(offset)) {
    return fail(ErrorCode::kInvalidArgument,
                partition.text() + ": not an offset: " + std::to_string(offset));
  }
  for (;;) {
    const PartitionListHandle list = new_list(1);
    add_to(list.get(), partition)->offset = offset;
    const ErrorHandle overall(rd_kafka_seek_partitions(
        client(), list.get(), std::max(1, milliseconds_until(deadline, 3'600'000))));
    const rd_kafka_resp_err_t error =
        overall ? rd_kafka_error_code(overall.get()) : list->elems[0].err;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      stream->second->moved_to(offset >= 0 ? offset : -1);
      return {};
    }
    // Fetching begins a moment after the assignment; before that there is nothing to move.
    const bool is_early =
        error == RD_KAFKA_RESP_ERR__STATE || error == RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS;
    if (!is_early || now() >= deadline) return fail(make_error(error, partition.text() + ": seek"));
    sleep_until(std::min(deadline, deadline_in(milliseconds(5))));
  }
}

std::vector<Position> Consumer::positions() const {
  std::vector<Position> all;
  for (const auto& [partition, stream] : streams_)
    all.push_back({partition, stream->next_offset()});
  return all;
}

Result<GroupMetadata> Consumer::group_metadata() const {
  if (!core_) return fail(closed_error().error());
  const GroupMetadataHandle metadata(rd_kafka_consumer_group_metadata(client()));
  if (!metadata) return fail(ErrorCode::kState, "no consumer group");
  void* data = nullptr;
  std::size_t size = 0;
  const ErrorHandle error(rd_kafka_consumer_group_metadata_write(metadata.get(), &data, &size));
  if (error) return fail(make_error(error.get(), "group metadata"));
  // "CGMDv2:", the generation, then strings that end with a zero: group, member, ...
  const std::string_view bytes(static_cast<const char*>(data), size);
  constexpr std::string_view kMagic = "CGMDv2:";
  GroupMetadata read;
  if (!bytes.starts_with(kMagic) || size < kMagic.size() + sizeof(read.generation)) {
    rd_kafka_mem_free(client(), data);
    return fail(ErrorCode::kUnsupported,
                "this librdkafka writes group metadata in an unknown form");
  }
  std::memcpy(&read.generation, bytes.data() + kMagic.size(), sizeof(read.generation));
  const std::string_view rest = bytes.substr(kMagic.size() + sizeof(read.generation));
  read.group_id = rest.substr(0, rest.find('\0'));
  const std::string_view member = rest.substr(std::min(rest.size(), read.group_id.size() + 1));
  read.member_id = member.substr(0, member.find('\0'));
  rd_kafka_mem_free(client(), data);
  return read;
}

}  // namespace rookery::librdkafka
