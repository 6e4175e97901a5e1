// owned_partitions.h
//
// The partitions a consumer has: from assignment over the lookup of their committed offsets
// (unannounced until then), to revocation and hand-back. Makes the Assigned and Revoking events.
//
// For each partition events alternate: Assigned, Revoking, Assigned ... One that goes before it was
// announced leaves no event, and no event is ever empty.
//
// Thread rules: guarded by CO.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mockbroker/client/fetcher.h"
#include "mockbroker/client/group_state.h"
#include "mockbroker/client/record_stream.h"

namespace rookery::mock {

class OwnedPartitions {
 public:
  struct Owned {
    AssignmentId assignment;
    std::shared_ptr<RecordStream> stream;
    enum class State { kUnannounced, kAssigned, kRevoking } state = State::kUnannounced;
    bool is_lost = false;  // somebody else's already, though not handed back
  };
  struct Resolved {
    TopicPartition partition;
    AssignmentId assignment;
    std::optional<Offset> committed;
    std::string metadata;
  };
  using MakeStream = std::function<std::shared_ptr<RecordStream>(const TopicPartition&,
                                                                 AssignmentId, std::size_t owned)>;

  OwnedPartitions(Fetcher& fetcher, EventQueue& events, MakeStream make_stream);

  const std::map<TopicPartition, Owned>& all() const { return owned_; }
  const Owned* find(const TopicPartition& partition) const;
  // Ours in this very assignment: neither lost nor handed back.
  bool is_current(const TopicPartition& partition, AssignmentId assignment) const;
  // Assigned and not on its way out: what a cooperative member claims when it joins.
  std::vector<TopicPartition> held() const;
  bool has_pending_hand_backs() const { return !revocations_.empty(); }
  std::vector<TopicPartition> unannounced() const;

  // Adds what is new (unannounced).
  void add(const std::vector<TopicPartition>& partitions);
  // Their committed offsets are known: answers the streams to start, in the order of `resolved`;
  // the Assigned event is in the queue. What is no longer ours is left out.
  std::vector<AssignedPartition> announce(std::vector<Resolved> resolved);
  // Drops the unannounced, revokes the others with an event.
  void revoke(const std::vector<TopicPartition>& partitions);
  void revoke_all();
  // Somebody else's already: streams answer kRevoked at once, revocations under way too.
  void lose_all();
  void hand_back(RevocationId revocation);
  // Ends everything without events.
  void clear();

 private:
  void begin_revocation(const std::vector<TopicPartition>& partitions, bool lost);

  Fetcher& fetcher_;
  EventQueue& events_;
  const MakeStream make_stream_;
  std::map<TopicPartition, Owned> owned_;
  std::map<std::uint64_t, std::vector<TopicPartition>> revocations_;
  std::uint64_t last_assignment_ = 0;
  std::uint64_t last_revocation_ = 0;
};

}  // namespace rookery::mock
