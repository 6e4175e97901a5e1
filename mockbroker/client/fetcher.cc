// fetcher.cc
//
// Which partitions go into which fetch, and what becomes of the answers.
#include "mockbroker/client/fetcher.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {

Fetcher::Fetcher(NetworkClient& client, Metadata& metadata, Settings settings, OnError on_error,
                 OnTruncation on_truncation)
    : client_(client),
      metadata_(metadata),
      settings_(settings),
      on_error_(std::move(on_error)),
      on_truncation_(std::move(on_truncation)) {}

void Fetcher::add(std::shared_ptr<RecordStream> stream) {
  MutexLock lock(mutex_);
  const TopicPartition partition = stream->topic_partition();
  entries_[partition] = Entry{.stream = std::move(stream)};
}

void Fetcher::remove(const std::shared_ptr<RecordStream>& stream) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(stream->topic_partition());
  if (found != entries_.end() && found->second.stream == stream) entries_.erase(found);
}

Fetcher::ByNode Fetcher::candidates(TimePoint at, TimePoint& next, ByNode& to_validate) {
  ByNode by_node;
  const std::uint64_t metadata_version = metadata_.version();
  bool is_leaderless = false;
  {
    MutexLock lock(mutex_);
    for (auto& [partition, entry] : entries_) {
      if (metadata_version <= entry.stale_metadata) continue;
      if (entry.fetch != 0) {
        const std::optional<Metadata::Leader> moved = metadata_.leader(partition);
        if (!moved || moved->node == entry.asked_node) continue;
      }
      if (entry.retry_at > at) {
        next = std::min(next, entry.retry_at);
        continue;
      }
      const std::optional<RecordStream::FetchPlan> plan = entry.stream->fetch_plan();
      if (!plan) continue;
      const std::optional<Metadata::Leader> leader = metadata_.leader(partition);
      if (leader) {
        const bool is_valid = !needs_validation(entry, *plan, leader->epoch);
        (is_valid ? by_node : to_validate)[leader->node].push_back(partition);
      } else {
        // A topic that is not there is asked about again by itself.
        is_leaderless = is_leaderless || metadata_.partition_count(partition.topic).has_value();
        entry.stale_metadata = metadata_version;
      }
    }
  }
  if (is_leaderless) metadata_.request_refresh();
  return by_node;
}

std::size_t Fetcher::free_channel(NodeId node) {
  MutexLock lock(mutex_);
  const std::uint32_t busy = busy_channels_[node];
  for (std::size_t i = 0; i < kChannels; ++i) {
    if ((busy & (1U << i)) == 0) return i;
  }
  return kChannels;
}

TimePoint Fetcher::drive() {
  const TimePoint at = now();
  TimePoint next = kNever;
  ByNode to_validate;
  const ByNode by_node = candidates(at, next, to_validate);
  for (const auto& [node, partitions] : to_validate) {
    const TimePoint ready = client_.ready_at({node, kControlChannel});
    if (ready > at) {
      if (!client_.is_throttled({node, kControlChannel})) metadata_.request_refresh();
      next = std::min(next, ready);
    } else {
      validate(node, partitions);
    }
  }
  for (const auto& [node, partitions] : by_node) {
    const std::size_t channel = free_channel(node);
    if (channel == kChannels) continue;  // the next answer brings us here again
    const TimePoint ready = client_.ready_at({node, kDataChannel + channel});
    if (ready > at) {
      // The node may have lost its partitions to another meanwhile.
      if (!client_.is_throttled({node, kDataChannel + channel})) metadata_.request_refresh();
      next = std::min(next, ready);
      continue;
    }
    send(node, channel, partitions);
  }
  return next;
}

void Fetcher::send(NodeId node, std::size_t channel,
                   const std::vector<TopicPartition>& partitions) {
  FetchRequest request{.max_wait = std::chrono::duration_cast<Milliseconds>(settings_.max_wait),
                       .min_bytes = settings_.min_bytes,
                       .max_bytes = settings_.max_bytes};
  std::vector<Asked> all_asked;
  std::uint64_t fetch = 0;
  {
    MutexLock lock(mutex_);
    fetch = ++last_fetch_;
    for (const TopicPartition& partition : partitions) {
      const auto found = entries_.find(partition);
      if (found == entries_.end()) continue;
      Entry& entry = found->second;
      const std::optional<RecordStream::FetchPlan> plan = entry.stream->fetch_plan();
      if (!plan) continue;
      // The first fetch does not wait: its answer tells where the log ends.
      if (!plan->is_end_known) request.max_wait = Milliseconds(0);
      const std::optional<Metadata::Leader> leader = metadata_.leader(partition);
      entry.fetch = fetch;
      entry.asked_node = node;
      request.partitions.push_back({.partition = partition,
                                    .fetch_offset = plan->offset,
                                    .current_leader_epoch = leader ? leader->epoch : -1,
                                    .max_bytes = settings_.partition_max_bytes});
      all_asked.push_back(
          {.partition = partition, .stream = entry.stream, .version = plan->version});
    }
    if (all_asked.empty()) return;
    busy_channels_[node] |= 1U << channel;
  }
  client_.send(
      {node, kDataChannel + channel}, std::move(request),
      settings_.request_timeout + settings_.max_wait,
      [this, node, channel, fetch, asked = std::move(all_asked)](Result<Response> response) {
        handle(node, channel, fetch, asked, std::move(response));
      });
}

void Fetcher::handle(NodeId node, std::size_t channel, std::uint64_t fetch,
                     const std::vector<Asked>& all_asked, Result<Response> response) {
  FetchResponse* answer = response ? std::get_if<FetchResponse>(&*response) : nullptr;
  std::vector<Complaint> complaints;
  if (answer) {
    // Asked and answered are in the same order, but what has no news is left out.
    auto asked = all_asked.begin();
    for (FetchResponse::Partition& from : answer->partitions) {
      const auto same = [&from](const Asked& one) { return one.partition == from.partition; };
      auto found = std::find_if(asked, all_asked.end(), same);
      if (found == all_asked.end()) {
        found = std::find_if(all_asked.begin(), all_asked.end(), same);
        if (found == all_asked.end()) continue;
      }
      asked = found;
      // Asked for again at a new leader meanwhile: the old one's log may be another.
      if (is_current(*found, fetch)) handle_partition(*found, from, complaints);
    }
  } else {
    metadata_.request_refresh();
  }
  {
    MutexLock lock(mutex_);
    busy_channels_[node] &= ~(1U << channel);
  }
  end_fetch(fetch, all_asked);
  for (Complaint& complaint : complaints) {
    on_error_(complaint.stream, complaint.version, std::move(complaint.error));
  }
}

void Fetcher::end_fetch(std::uint64_t fetch, const std::vector<Asked>& all_asked) {
  MutexLock lock(mutex_);
  for (const Asked& asked : all_asked) {
    const auto found = entries_.find(asked.partition);
    if (found != entries_.end() && found->second.fetch == fetch) found->second.fetch = 0;
  }
}

bool Fetcher::is_current(const Asked& asked, std::uint64_t fetch) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(asked.partition);
  return found != entries_.end() && found->second.fetch == fetch;
}

void Fetcher::handle_partition(const Asked& asked, FetchResponse::Partition& from,
                               std::vector<Complaint>& complaints) {
  if (!from.error) {
    asked.stream->accept(asked.version, std::move(from.blocks), from.high_watermark);
    MutexLock lock(mutex_);
    const auto found = entries_.find(asked.partition);
    if (found != entries_.end()) found->second.last_error = ErrorCode::kUnknown;
    return;
  }
  const ErrorCode code = *from.error;
  Error error{.code = code,
              .message = asked.partition.text() + ": fetch: " + std::string(name(code)),
              .retriable = is_retriable(code)};
  const bool is_position_lost =
      code == ErrorCode::kOffsetOutOfRange || code == ErrorCode::kTopicAuthorizationFailed;
  if (is_position_lost) {
    asked.stream->stop_if(asked.version);
    complaints.push_back({asked.stream, asked.version, std::move(error)});
    return;
  }
  const bool is_of_leader =
      code == ErrorCode::kNotLeaderOrFollower || code == ErrorCode::kLeaderNotAvailable ||
      code == ErrorCode::kFencedLeaderEpoch || code == ErrorCode::kUnknownLeaderEpoch;
  const std::uint64_t metadata_version = metadata_.version();
  const TimePoint retry_at = deadline_in(settings_.retry_backoff);
  bool is_new = false;
  {
    MutexLock lock(mutex_);
    const auto found = entries_.find(asked.partition);
    if (found == entries_.end() || found->second.stream != asked.stream) return;
    Entry& entry = found->second;
    is_new = entry.last_error != code;
    entry.last_error = code;
    if (is_of_leader || code == ErrorCode::kUnknownTopicOrPartition) {
      entry.stale_metadata = metadata_version;
    } else {
      entry.retry_at = retry_at;
    }
  }
  metadata_.request_refresh();
  // Leaders come and go; what is told is what somebody may have to mend.
  if (is_new && !is_of_leader) {
    complaints.push_back({asked.stream, asked.version, std::move(error)});
  }
}

}  // namespace rookery::mock
