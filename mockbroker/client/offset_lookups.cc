// offset_lookups.cc
//
// One ListOffsets for each leader and time asked for.
#include "mockbroker/client/offset_lookups.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {

OffsetLookups::OffsetLookups(NetworkClient& client, Metadata& metadata, Duration retry_backoff)
    : client_(client), metadata_(metadata), retry_backoff_(retry_backoff) {}

OffsetLookups::LookupId OffsetLookups::begin(TopicPartition partition, std::int64_t timestamp,
                                             Handler handler, std::function<bool()> is_wanted) {
  MutexLock lock(mutex_);
  const LookupId id = ++last_id_;
  Lookup& lookup = lookups_[id];
  lookup.partition = std::move(partition);
  lookup.timestamp = timestamp;
  lookup.handler = std::move(handler);
  lookup.is_wanted = std::move(is_wanted);
  return id;
}

void OffsetLookups::cancel(LookupId lookup) {
  Handler dropped;
  MutexLock lock(mutex_);
  const auto found = lookups_.find(lookup);
  if (found == lookups_.end()) return;
  dropped = std::move(found->second.handler);
  lookups_.erase(found);
}

std::string OffsetLookups::last_problem(LookupId lookup) const {
  MutexLock lock(mutex_);
  const auto found = lookups_.find(lookup);
  return found == lookups_.end() ? std::string("answered") : found->second.problem;
}

TimePoint OffsetLookups::drive() {
  const TimePoint at = now();
  TimePoint next = kNever;
  bool is_leaderless = false;
  std::map<NodeId, Question> by_node;
  const std::uint64_t metadata_version = metadata_.version();
  {
    MutexLock lock(mutex_);
    std::erase_if(lookups_,
                  [](const auto& one) { return one.second.is_wanted && !one.second.is_wanted(); });
    for (auto& [id, lookup] : lookups_) {
      if (lookup.is_under_way || metadata_version <= lookup.stale_metadata) continue;
      if (lookup.retry_at > at) {
        next = std::min(next, lookup.retry_at);
        continue;
      }
      const std::optional<Metadata::Leader> leader = metadata_.leader(lookup.partition);
      if (leader) {
        lookup.is_under_way = true;
        lookup.problem = "no answer yet from node " + std::to_string(leader->node);
        Question& question = by_node[leader->node];
        question.request.partitions.push_back({lookup.partition, lookup.timestamp});
        question.lookups.push_back(id);
      } else {
        // A topic that is not there is asked about again by itself.
        is_leaderless =
            is_leaderless || metadata_.partition_count(lookup.partition.topic).has_value();
        lookup.stale_metadata = metadata_version;
        lookup.problem = "no leader known";
      }
    }
  }
  if (is_leaderless) metadata_.request_refresh();
  for (auto& [node, question] : by_node) {
    client_.send({node, kControlChannel}, std::move(question.request),
                 [this, lookups = std::move(question.lookups)](Result<Response> response) {
                   handle(lookups, std::move(response));
                 });
  }
  return next;
}

void OffsetLookups::handle(const std::vector<LookupId>& lookups, Result<Response> response) {
  const ListOffsetsResponse* answer =
      response ? std::get_if<ListOffsetsResponse>(&*response) : nullptr;
  const std::uint64_t metadata_version = metadata_.version();
  const TimePoint retry_at = deadline_in(retry_backoff_);
  std::vector<std::pair<Handler, Result<Offset>>> done;
  bool is_stale = !answer;
  {
    MutexLock lock(mutex_);
    for (std::size_t i = 0; i < lookups.size(); ++i) {
      const auto found = lookups_.find(lookups[i]);
      if (found == lookups_.end()) continue;
      Lookup& lookup = found->second;
      lookup.is_under_way = false;
      const bool is_answered = answer && i < answer->partitions.size() &&
                               answer->partitions[i].partition == lookup.partition;
      if (!is_answered) {
        // The connection has its own backoff; its leader may be another by now.
        lookup.problem = response ? "no answer for it" : response.error().text();
        lookup.stale_metadata = metadata_version;
        continue;
      }
      const ListOffsetsResponse::Partition& from = answer->partitions[i];
      if (!from.error) {
        done.emplace_back(std::move(lookup.handler), from.offset);
        lookups_.erase(found);
      } else if (is_retriable(*from.error)) {
        lookup.problem = name(*from.error);
        lookup.stale_metadata = metadata_version;
        lookup.retry_at = retry_at;
        is_stale = true;
      } else {
        done.emplace_back(std::move(lookup.handler),
                          fail(*from.error, lookup.partition.text() + ": offset lookup: " +
                                                std::string(name(*from.error))));
        lookups_.erase(found);
      }
    }
  }
  if (is_stale) metadata_.request_refresh();
  for (auto& [handler, result] : done) handler(std::move(result));
}

}  // namespace rookery::mock
