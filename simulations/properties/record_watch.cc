// record_watch.cc
//
// Offsets against what they should be.
#include "simulations/properties/record_watch.h"

#include <algorithm>

namespace rookery::sim {

// What was committed when it learnt of its assignment, or since.
void RecordWatch::check_committed(const std::string& client, const std::string& group,
                                  const AssignedPartition& partition) const {
  const auto synced = synced_.find(client);
  const TimePoint since = synced == synced_.end() ? TimePoint{} : synced->second;
  const auto known = commits_.find({group, partition.partition});
  std::optional<Offset> before;  // at that time
  bool is_one_since = false;
  if (known != commits_.end()) {
    for (const Commit& commit : known->second) {
      if (commit.at <= since) before = commit.offset;
      if (commit.at >= since && partition.committed == commit.offset) is_one_since = true;
    }
  }
  if (partition.committed == before || is_one_since) return;
  const auto text = [](const std::optional<Offset>& offset) {
    return offset ? std::to_string(*offset) : std::string("nothing");
  };
  scheduler_.fail("positions start at committed offsets",
                  client + " is told that " + text(partition.committed) + " is committed for " +
                      partition.partition.text() + ", and it is " + text(before));
}

void RecordWatch::assigned(const std::string& client, const std::string& group,
                           const AssignedPartition& partition) {
  check_committed(client, group, partition);
  Place& place = places_[{client, partition.assignment.value}];
  place.partition = partition.partition;
  place.group = group;
  place.next = partition.committed.value_or(0);
  const auto sought = sought_.find(client);
  if (sought != sought_.end() && sought->second.contains(partition.partition)) place.next.reset();
}

void RecordWatch::revoked(const std::string& client, AssignmentId assignment) {
  const auto place = places_.find({client, assignment.value});
  if (place != places_.end()) place->second.is_revoked = true;
}

bool RecordWatch::is_revoked(const std::string& client, AssignmentId assignment) const {
  const Uninterrupted scope;
  const auto place = places_.find({client, assignment.value});
  if (place == places_.end()) return false;
  return place->second.is_revoked || place->second.is_given_back;
}

void RecordWatch::given_back(const std::string& client, AssignmentId assignment) {
  const Uninterrupted scope;
  const auto place = places_.find({client, assignment.value});
  if (place != places_.end()) place->second.is_given_back = true;
}

void RecordWatch::sought(const std::string& client, const TopicPartition& partition,
                         AssignmentId assignment, Offset offset) {
  const Uninterrupted scope;
  sought_[client].insert(partition);
  const auto place = places_.find({client, assignment.value});
  if (place == places_.end()) return;
  place->second.next = offset;
  place->second.has_begun = true;
}

void RecordWatch::check_next(const std::string& client, const Place& place, Offset offset) const {
  const auto log = logs_.find(place.partition);
  if (log != logs_.end() && log->second.was_cut) return;
  if (!place.next || offset == *place.next) return;
  const char* promise = !place.has_begun       ? "positions start at committed offsets"
                        : offset < *place.next ? "positions never move back"
                                               : "no record is skipped";
  scheduler_.fail(promise, client + " is handed " + place.partition.text() + "@" +
                               std::to_string(offset) + " and should be at " +
                               std::to_string(*place.next));
}

void RecordWatch::took(const std::string& client, AssignmentId assignment, bool was_revoked,
                       const std::vector<Offset>& offsets) {
  const Uninterrupted scope;
  const auto found = places_.find({client, assignment.value});
  if (found == places_.end() || offsets.empty()) return;
  Place& place = found->second;
  if (was_revoked) {
    scheduler_.fail("no record after its revocation",
                    client + " is handed " + place.partition.text() + "@" +
                        std::to_string(offsets.front()) + ", and " +
                        (place.is_given_back ? "has given the partition back"
                                             : "was told to give the partition up"));
  }
  std::vector<bool>& seen = seen_[{place.group, place.partition}];
  for (const Offset offset : offsets) {
    check_next(client, place, offset);
    place.next = offset + 1;
    place.has_begun = true;
    const auto index = static_cast<std::size_t>(offset);
    if (seen.size() <= index) seen.resize(index + 1);
    seen[index] = true;
  }
}

std::string RecordWatch::unseen(const std::string& group) const {
  for (const auto& [partition, log] : logs_) {
    const auto seen = seen_.find({group, partition});
    for (Offset offset = log.lost_below; offset < log.end; ++offset) {
      const auto index = static_cast<std::size_t>(offset);
      if (seen != seen_.end() && index < seen->second.size() && seen->second[index]) continue;
      return "group " + group + " has not seen " + partition.text() + "@" + std::to_string(offset);
    }
  }
  return {};
}

// ---- The cluster

void RecordWatch::appended(const mock::AppendEvent& event) {
  const Offset end = event.base_offset + event.block->last_offset_delta() + 1;
  records_ += static_cast<std::uint64_t>(end - event.base_offset);
  Log& log = logs_[event.partition];
  log.end = std::max(log.end, end);
}

void RecordWatch::lost(const mock::LossEvent& event) {
  Log& log = logs_[event.partition];
  log.was_cut = true;
  log.end = event.from;
  // A committed offset may lie beyond: what is written there next may be seen by nobody.
  log.lost_below = std::max(log.lost_below, event.end);
}

void RecordWatch::committed(const mock::CommitEvent& event) {
  commits_[{event.group, event.partition}].push_back({scheduler_.time(), event.offset});
}

}  // namespace rookery::sim
