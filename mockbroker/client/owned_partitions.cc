// owned_partitions.cc
//
// Births and deaths of assignments.
#include "mockbroker/client/owned_partitions.h"

#include <utility>

namespace rookery::mock {

OwnedPartitions::OwnedPartitions(Fetcher& fetcher, EventQueue& events, MakeStream make_stream)
    : fetcher_(fetcher), events_(events), make_stream_(std::move(make_stream)) {}

const OwnedPartitions::Owned* OwnedPartitions::find(const TopicPartition& partition) const {
  const auto found = owned_.find(partition);
  return found == owned_.end() ? nullptr : &found->second;
}

bool OwnedPartitions::is_current(const TopicPartition& partition, AssignmentId assignment) const {
  const Owned* owned = find(partition);
  return owned && owned->assignment == assignment && !owned->is_lost;
}

std::vector<TopicPartition> OwnedPartitions::held() const {
  std::vector<TopicPartition> held;
  for (const auto& [partition, owned] : owned_) {
    if (owned.state != Owned::State::kRevoking) held.push_back(partition);
  }
  return held;
}

std::vector<TopicPartition> OwnedPartitions::unannounced() const {
  std::vector<TopicPartition> waiting;
  for (const auto& [partition, owned] : owned_) {
    if (owned.state == Owned::State::kUnannounced) waiting.push_back(partition);
  }
  return waiting;
}

void OwnedPartitions::add(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& partition : partitions) {
    if (owned_.contains(partition)) continue;
    Owned& owned = owned_[partition];
    owned.assignment = AssignmentId{++last_assignment_};
    owned.stream = make_stream_(partition, owned.assignment, owned_.size());
  }
}

std::vector<AssignedPartition> OwnedPartitions::announce(std::vector<Resolved> resolved) {
  std::vector<AssignedPartition> announced;
  for (Resolved& one : resolved) {
    const auto found = owned_.find(one.partition);
    if (found == owned_.end() || found->second.assignment != one.assignment) continue;
    Owned& owned = found->second;
    if (owned.state != Owned::State::kUnannounced) continue;
    owned.state = Owned::State::kAssigned;
    fetcher_.add(owned.stream);
    announced.push_back({std::move(one.partition), owned.assignment, owned.stream, one.committed,
                         std::move(one.metadata)});
  }
  if (!announced.empty()) events_.emplace_back(Assigned{announced});
  return announced;
}

void OwnedPartitions::begin_revocation(const std::vector<TopicPartition>& partitions, bool lost) {
  std::vector<OwnedPartition> told;
  std::vector<TopicPartition> waiting;
  for (const TopicPartition& partition : partitions) {
    const auto found = owned_.find(partition);
    if (found == owned_.end()) continue;
    Owned& owned = found->second;
    if (owned.state == Owned::State::kUnannounced) {
      owned.stream->revoke(/*is_final=*/true);
      owned_.erase(found);
      continue;
    }
    owned.stream->revoke(/*is_final=*/lost);
    owned.is_lost = lost;
    if (owned.state == Owned::State::kRevoking) continue;  // told before
    fetcher_.remove(owned.stream);
    owned.state = Owned::State::kRevoking;
    told.push_back({partition, owned.assignment});
    waiting.push_back(partition);
  }
  if (told.empty()) return;
  const RevocationId revocation{++last_revocation_};
  revocations_[revocation.value] = std::move(waiting);
  events_.emplace_back(Revoking{revocation, std::move(told), lost});
}

void OwnedPartitions::revoke(const std::vector<TopicPartition>& partitions) {
  begin_revocation(partitions, /*lost=*/false);
}

void OwnedPartitions::revoke_all() {
  std::vector<TopicPartition> all;
  for (const auto& [partition, owned] : owned_) {
    if (owned.state != Owned::State::kRevoking) all.push_back(partition);
  }
  begin_revocation(all, /*lost=*/false);
}

void OwnedPartitions::lose_all() {
  std::vector<TopicPartition> all;
  for (const auto& [partition, owned] : owned_) all.push_back(partition);
  begin_revocation(all, /*lost=*/true);
}

void OwnedPartitions::hand_back(RevocationId revocation) {
  const auto found = revocations_.find(revocation.value);
  if (found == revocations_.end()) return;
  for (const TopicPartition& partition : found->second) {
    const auto owned = owned_.find(partition);
    if (owned == owned_.end()) continue;
    owned->second.stream->revoke(/*is_final=*/true);
    owned_.erase(owned);
  }
  revocations_.erase(found);
}

void OwnedPartitions::clear() {
  for (const auto& [partition, owned] : owned_) {
    fetcher_.remove(owned.stream);
    owned.stream->revoke(/*is_final=*/true);
  }
  owned_.clear();
  revocations_.clear();
}

}  // namespace rookery::mock
