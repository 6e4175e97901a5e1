// position_validation.cc
//
// Whether a new leader's log has what was read from the one before.
#include <utility>

#include "mockbroker/client/fetcher.h"

namespace rookery::mock {

bool Fetcher::needs_validation(Entry& entry, const RecordStream::FetchPlan& plan,
                               std::int32_t leader_epoch) const {
  if (leader_epoch <= entry.valid_epoch) return false;
  // What nothing was read before, or only from this leader, needs no question.
  const bool is_new = plan.epoch < 0 || plan.epoch == leader_epoch;
  if (is_new) entry.valid_epoch = leader_epoch;
  return !is_new;
}

void Fetcher::validate(NodeId node, const std::vector<TopicPartition>& partitions) {
  OffsetsForLeaderEpochRequest request;
  std::vector<Asked> all_asked;
  std::uint64_t fetch = 0;
  {
    MutexLock lock(mutex_);
    fetch = ++last_fetch_;
    for (const TopicPartition& partition : partitions) {
      const auto found = entries_.find(partition);
      const std::optional<Metadata::Leader> leader = metadata_.leader(partition);
      if (found == entries_.end() || !leader) continue;
      Entry& entry = found->second;
      const std::optional<RecordStream::FetchPlan> plan = entry.stream->fetch_plan();
      if (!plan || plan->epoch < 0) continue;
      entry.fetch = fetch;
      entry.asked_node = node;
      request.partitions.push_back({.partition = partition,
                                    .current_leader_epoch = leader->epoch,
                                    .leader_epoch = plan->epoch});
      all_asked.push_back({.partition = partition,
                           .stream = entry.stream,
                           .version = plan->version,
                           .offset = plan->offset,
                           .epoch = plan->epoch,
                           .leader_epoch = leader->epoch});
    }
  }
  if (all_asked.empty()) return;
  client_.send({node, kControlChannel}, std::move(request), settings_.request_timeout,
               [this, fetch, asked = std::move(all_asked)](Result<Response> response) {
                 handle_validation(fetch, asked, std::move(response));
               });
}

void Fetcher::handle_validation(std::uint64_t fetch, const std::vector<Asked>& all_asked,
                                Result<Response> response) {
  const auto* answer = response ? std::get_if<OffsetsForLeaderEpochResponse>(&*response) : nullptr;
  std::vector<Complaint> complaints;
  if (answer) {
    for (std::size_t i = 0; i < all_asked.size() && i < answer->partitions.size(); ++i) {
      const Asked& asked = all_asked[i];
      if (asked.partition != answer->partitions[i].partition || !is_current(asked, fetch)) continue;
      settle_validation(asked, answer->partitions[i], complaints);
    }
  } else {
    metadata_.request_refresh();
  }
  end_fetch(fetch, all_asked);
  for (Complaint& complaint : complaints) {
    on_error_(complaint.stream, complaint.version, std::move(complaint.error));
  }
}

void Fetcher::settle_validation(const Asked& asked,
                                const OffsetsForLeaderEpochResponse::Partition& answer,
                                std::vector<Complaint>& complaints) {
  if (answer.error) {
    FetchResponse::Partition failed{.partition = asked.partition, .error = answer.error};
    handle_partition(asked, failed, complaints);
    return;
  }
  {
    MutexLock lock(mutex_);
    const auto found = entries_.find(asked.partition);
    if (found == entries_.end() || found->second.stream != asked.stream) return;
    found->second.valid_epoch = asked.leader_epoch;
  }
  if (answer.end_offset >= asked.offset) return;
  on_truncation_(
      asked.stream, asked.version, answer.end_offset,
      {.code = ErrorCode::kOffsetOutOfRange,
       .message = asked.partition.text() + ": the log was truncated: what was read below offset " +
                  std::to_string(asked.offset) + ", of leader epoch " +
                  std::to_string(asked.epoch) + ", is in its leader's log up to offset " +
                  std::to_string(answer.end_offset) + " only"});
}

}  // namespace rookery::mock
