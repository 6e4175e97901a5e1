// committer.h
//
// Commits offsets, one request at a time, so that CommitDone events come in the order of the calls
// and a late retry never overwrites a newer commit. Retriable errors are retried until the
// commit's deadline; while the group rebalances a commit waits until it is stable again.
//
// Thread rules: any thread, but drive() by M. Names that end in _locked want CO held.
#pragma once

#include <rookery/runtime/time.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "mockbroker/client/coordinator.h"
#include "mockbroker/client/group_state.h"
#include "mockbroker/client/member_state.h"
#include "mockbroker/client/network_client.h"
#include "mockbroker/client/owned_partitions.h"

namespace rookery::mock {

class Committer {
 public:
  Committer(const GroupSettings& settings, NetworkClient& client, GroupLock& group,
            Coordinator& coordinator, MemberState& member, OwnedPartitions& owned,
            EventQueue& events);

  // Direct assignment: commits come from outside the group.
  void set_direct_locked(bool is_direct) { is_direct_ = is_direct; }
  CommitId commit(std::vector<OffsetToCommit> offsets);
  // A hand-back: the commits accepted until now go before the join that follows.
  void mark_hand_back_locked() { first_until_ = last_id_; }
  // Whether such a commit was not sent yet, and is on its way.
  bool has_unsent_locked() const;
  bool is_idle_locked() const { return waiting_.empty(); }
  // Everything unfinished ends now, as an error.
  void close_locked();

  TimePoint drive();

 private:
  struct Waiting {
    CommitId id;
    std::vector<CommitResult> results;
    std::vector<std::string> metadata;        // beside results
    std::vector<std::int32_t> leader_epochs;  // beside results; -1: as the stream knows
    std::vector<bool> is_done;                // beside results
    TimePoint deadline;
    TimePoint retry_at{};
    bool is_under_way = false;
    bool was_sent = false;
    std::string problem = "not sent yet";
  };
  struct Outgoing {
    NodeId node = -1;
    Duration timeout{};
    CommitId id;
    MemberIdentity identity;
    OffsetCommitRequest request;
    std::vector<std::size_t> indexes;  // of its partitions, in results
  };

  static void finish(Waiting& commit, std::size_t index, Status status);
  void finish_open(Waiting& commit, ErrorCode code, const std::string& message);
  // Events for all at the head of the queue that are done.
  void finish_head_locked(TimePoint at);
  // Ends what cannot succeed any more; true: nothing is open.
  bool settle_locked(Waiting& commit, TimePoint at);
  std::optional<Outgoing> next_locked(TimePoint at, TimePoint& timer);
  void handle(const Outgoing& sent, Result<Response> response);
  // Answers whether the partition is to be tried again.
  bool retries_locked(ErrorCode code, const Outgoing& sent);

  const GroupSettings& settings_;
  NetworkClient& client_;
  GroupLock& group_;
  Coordinator& coordinator_;
  MemberState& member_;
  OwnedPartitions& owned_;
  EventQueue& events_;
  // Guarded by CO.
  bool is_direct_ = false;
  std::deque<Waiting> waiting_;
  std::uint64_t last_id_ = 0;
  std::uint64_t first_until_ = 0;
};

}  // namespace rookery::mock
