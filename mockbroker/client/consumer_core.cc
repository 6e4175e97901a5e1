// consumer_core.cc
//
// The round of one consuming connection.
#include "mockbroker/client/consumer_core.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {
namespace {

NetworkClient::Settings with_channels(NetworkClient::Settings settings) {
  settings.channels = kDataChannel + Fetcher::kChannels;
  return settings;
}

}  // namespace

ConsumerCore::ConsumerCore(Network& network, ConsumerSettings the_settings)
    : settings(std::move(the_settings)),
      client(network, with_channels(settings.client)),
      metadata(client, settings.metadata),
      coordinator(client, group, events, settings.group.group_id, settings.group.retry_backoff),
      lookups(client, metadata, settings.group.retry_backoff),
      fetcher(
          client, metadata, settings.fetch,
          [this](const std::shared_ptr<RecordStream>& stream, std::uint64_t version, Error error) {
            on_fetch_error(stream, version, std::move(error));
          },
          [this](const std::shared_ptr<RecordStream>& stream, std::uint64_t version, Offset end,
                 Error error) { on_truncation(stream, version, end, std::move(error)); }),
      owned(fetcher, events,
            [this](const TopicPartition& partition, AssignmentId assignment, std::size_t count) {
              return make_stream(partition, assignment, count);
            }),
      member(settings.group, group, owned, events),
      starter(settings.group, client, group, coordinator, owned, lookups, events, metadata),
      rejoin(settings.group, client, metadata, group, coordinator, member, owned, events),
      committer(settings.group, client, group, coordinator, member, owned, events),
      heartbeat(settings.group, client, group, coordinator, member, events, settings.on_events) {}

RecordStream::Limits ConsumerCore::share(std::size_t owned_count) const {
  RecordStream::Limits limits = settings.stream_limits;
  const std::size_t sharers = std::max({settings.expected_partitions, owned_count, std::size_t{1}});
  limits.bytes =
      std::max<std::size_t>(std::min(limits.bytes, settings.prefetch_bytes / sharers), 1);
  return limits;
}

std::shared_ptr<RecordStream> ConsumerCore::make_stream(const TopicPartition& partition,
                                                        AssignmentId assignment,
                                                        std::size_t owned_count) {
  const RecordStream::Limits limits = share(owned_count);
  if (owned_count > settings.expected_partitions) {
    for (const auto& [other, one] : owned.all()) {
      if (one.stream) one.stream->set_limits(limits);
    }
  }
  return std::make_shared<RecordStream>(partition, assignment, limits, pool, client.inbox());
}

void ConsumerCore::on_fetch_error(const std::shared_ptr<RecordStream>& stream,
                                  std::uint64_t version, Error error) {
  if (error.code == ErrorCode::kOffsetOutOfRange) {
    starter.reset(stream, version, error);
    return;
  }
  if (error.code == ErrorCode::kTopicAuthorizationFailed) stream->fail_if(version, error);
  MutexLock lock(group.mutex);
  events.emplace_back(ConsumerError{std::move(error), stream->topic_partition()});
}

void ConsumerCore::on_truncation(const std::shared_ptr<RecordStream>& stream, std::uint64_t version,
                                 Offset end, Error error) {
  if (settings.group.offset_reset == OffsetReset::kError) {
    starter.reset(stream, version, error);  // tells
    return;
  }
  if (end >= 0) {
    stream->truncate_if(version, end);
  } else {
    starter.reset(stream, version, error);
  }
  MutexLock lock(group.mutex);
  events.emplace_back(ConsumerError{std::move(error), stream->topic_partition()});
}

void ConsumerCore::notice_topic_errors() {
  const std::uint64_t version = metadata.version();
  if (version == noticed_metadata_) return;
  noticed_metadata_ = version;
  const std::map<std::string, ErrorCode> errors = metadata.topic_errors();
  std::erase_if(told_topics_, [&](const std::string& topic) { return !errors.contains(topic); });
  MutexLock lock(group.mutex);
  for (const auto& [topic, code] : errors) {
    if (!told_topics_.insert(topic).second) continue;
    events.emplace_back(
        ConsumerError{Error{.code = code,
                            .message = "topic '" + topic + "': " + std::string(name(code)),
                            .retriable = is_retriable(code)},
                      std::nullopt});
  }
}

TimePoint ConsumerCore::drive() {
  TimePoint next = metadata.drive();
  notice_topic_errors();
  const bool has_group = !settings.group.group_id.empty();
  if (has_group) {
    next = std::min(next, coordinator.drive());
    next = std::min(next, committer.drive());
  }
  if (mode == Mode::kGroup) {
    bool commits_wait = false;
    bool is_joining = false;
    {
      MutexLock lock(group.mutex);
      commits_wait = committer.has_unsent_locked();
      is_joining = !is_closing;
    }
    if (is_joining) {
      next = std::min(next, rejoin.drive(commits_wait));
      next = std::min(next, starter.drive());
    }
  } else if (!has_group) {
    next = std::min(next, committer.drive());  // answers that there is no group
  }
  next = std::min(next, lookups.drive());
  next = std::min(next, fetcher.drive());
  return next;
}

void ConsumerCore::tell() {
  if (!settings.on_events) return;
  {
    MutexLock lock(group.mutex);
    if (is_closed || !events.take_hint()) return;
  }
  assert_no_locks_held("the listener of events");
  settings.on_events();
}

bool ConsumerCore::drive_until(TimePoint deadline, const std::function<bool()>& done) {
  for (;;) {
    const TimePoint next = drive();
    if (done()) return true;
    tell();
    {
      MutexLock lock(group.mutex);
      if (is_closing) return false;  // by another thread: nothing will come
    }
    const TimePoint at = now();
    if (at >= deadline) return false;
    client.poll(std::min(deadline, next), waiter);
  }
}

}  // namespace rookery::mock
