// starter.cc
//
// One OffsetFetch at a time, for all partitions that wait.
#include "mockbroker/client/starter.h"

#include <rookery/runtime/mutant.h>

#include <utility>

namespace rookery::mock {

Starter::Starter(const GroupSettings& settings, NetworkClient& client, GroupLock& group,
                 Coordinator& coordinator, OwnedPartitions& owned, OffsetLookups& lookups,
                 EventQueue& events, Metadata& metadata)
    : settings_(settings),
      client_(client),
      group_(group),
      coordinator_(coordinator),
      owned_(owned),
      lookups_(lookups),
      events_(events),
      metadata_(metadata) {}

TimePoint Starter::drive() {
  const TimePoint at = now();
  OffsetFetchRequest request{.group = settings_.group_id};
  std::vector<OwnedPartitions::Resolved> asked;
  NodeId node = -1;
  {
    MutexLock lock(group_.mutex);
    if (is_under_way_) return kNever;
    std::vector<TopicPartition> waiting = owned_.unannounced();
    if (waiting.empty()) return kNever;
    if (!coordinator_.node_locked()) return kNever;
    if (retry_at_ > at) return retry_at_;
    node = *coordinator_.node_locked();
    for (const TopicPartition& partition : waiting) {
      asked.push_back({.partition = partition, .assignment = owned_.find(partition)->assignment});
    }
    request.partitions = std::move(waiting);
    is_under_way_ = true;
  }
  client_.send({node, kGroupChannel}, std::move(request),
               [this, node, asked = std::move(asked)](Result<Response> response) mutable {
                 handle(node, std::move(asked), std::move(response));
               });
  return kNever;
}

void Starter::handle(NodeId node, std::vector<OwnedPartitions::Resolved> asked,
                     Result<Response> response) {
  const TimePoint at = now();
  const auto* answer = response ? std::get_if<OffsetFetchResponse>(&*response) : nullptr;
  std::vector<AssignedPartition> started;
  std::map<TopicPartition, const OffsetFetchResponse::Partition*> found;
  {
    MutexLock lock(group_.mutex);
    is_under_way_ = false;
    if (!answer) {
      coordinator_.lost_locked(node);
      return;
    }
    if (answer->error) {
      retry_at_ = saturating_add(at, settings_.retry_backoff);
      if (is_coordinator_lost(*answer->error)) coordinator_.lost_locked(node);
      if (!is_retriable(*answer->error) && told_ != answer->error) {
        told_ = answer->error;
        tell_locked({.code = *answer->error,
                     .message = "group '" + settings_.group_id + "': fetching committed offsets: " +
                                std::string(name(*answer->error))},
                    std::nullopt);
      }
      return;
    }
    told_.reset();
    for (const OffsetFetchResponse::Partition& from : answer->partitions) {
      found[from.partition] = &from;
    }
    for (OwnedPartitions::Resolved& one : asked) {
      const auto from = found.find(one.partition);
      if (from == found.end() || from->second->offset < 0) continue;
      one.committed = from->second->offset;
      one.metadata = from->second->metadata;
    }
    started = owned_.announce(std::move(asked));
  }
  for (const AssignedPartition& one : started) {
    const auto stream = std::static_pointer_cast<RecordStream>(one.stream);
    if (one.committed && !mutant("start.ignores_committed_offset")) {
      // With its epoch: whether the log still has what lies before is asked before it is read.
      const std::int32_t epoch = found.at(one.partition)->leader_epoch;
      metadata_.observe_epoch(one.partition, epoch);
      stream->start(*one.committed, epoch);
    } else {
      reset(
          stream, stream->version(),
          {.code = ErrorCode::kNoOffset,
           .message = one.partition.text() + ": no committed offset, and auto.offset.reset=error"});
    }
  }
}

void Starter::reset(const std::shared_ptr<RecordStream>& stream, std::uint64_t version,
                    const Error& because) {
  switch (settings_.offset_reset) {
    case OffsetReset::kEarliest:
      look_up(stream, version, kEarliestOffset);
      return;
    case OffsetReset::kLatest:
      look_up(stream, version, kLatestOffset);
      return;
    case OffsetReset::kError:
      break;
  }
  stream->fail_if(version, because);
  MutexLock lock(group_.mutex);
  tell_locked(because, stream->topic_partition());
}

void Starter::start_at(const std::shared_ptr<RecordStream>& stream, Offset offset) {
  if (offset >= 0) {
    stream->start(offset);
  } else {
    look_up(stream, stream->version(), offset);
  }
}

void Starter::look_up(const std::shared_ptr<RecordStream>& stream, std::uint64_t version,
                      std::int64_t timestamp) {
  lookups_.begin(
      stream->topic_partition(), timestamp,
      [this, stream, version](Result<Offset> offset) {
        if (offset) {
          stream->start_if(version, *offset);
          return;
        }
        stream->fail_if(version, offset.error());
        MutexLock lock(group_.mutex);
        tell_locked(offset.error(), stream->topic_partition());
      },
      [stream] { return !stream->is_revoked(); });
}

void Starter::tell_locked(const Error& error, std::optional<TopicPartition> partition) {
  events_.emplace_back(ConsumerError{error, std::move(partition)});
}

}  // namespace rookery::mock
