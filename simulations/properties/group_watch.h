// group_watch.h
//
// What is seen of groups that live, and what must hold of it at every event: the invariants of
// membership, read from the wire, from the cluster and from what user code was told.
//
// Violations end the run at once, under the promise's name. Thread rules: any fiber of the run;
// nothing here is a choice point.
#pragma once

#include <rookery/transport/group_consumer.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "mockbroker/client/inbox.h"
#include "mockbroker/cluster/observer.h"
#include "simulations/properties/io_watch.h"
#include "simulations/properties/membership_watch.h"
#include "simulations/properties/record_watch.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

class GroupWatch final : public mock::Observer {
 public:
  struct Options {
    Duration heartbeat_interval{0};
    Duration retry_backoff{0};
    // What threads that are held back may add to any time limit.
    Duration slack{0};
    std::int32_t partitions = 0;
    std::ostream* trace = nullptr;
  };
  explicit GroupWatch(const Options& options) : options_(options) {}

  [[noreturn]] void fail(const std::string& promise, const std::string& text);
  void note(const std::string& client, const std::string& text);
  // The last of what was noted, oldest first.
  std::vector<std::string> timeline() const { return {timeline_.begin(), timeline_.end()}; }

  // ---- The wire, by client id and wire

  void sent(const std::string& client, std::uint64_t wire, NodeId node, std::uint64_t correlation,
            const mock::Request& request);
  void answered(const std::string& client, const mock::Reply& reply);
  void disconnected(const std::string& client, std::uint64_t wire, NodeId node);

  // ---- What user code does and is told

  void opened(const std::string& client, const MemberTraits& traits);
  // The last poll ended then.
  void poll_began(const std::string& client, TimePoint last_ended);
  void told(const std::string& client, const std::vector<GroupEvent>& events);
  void handed_back(const std::string& client, RevocationId revocation);
  // Before the call.
  void commit_called(const std::string& client);
  void close_began(const std::string& client);
  void close_ended(const std::string& client, const CloseReport& report, TimePoint began,
                   Duration at_most, bool is_on_heartbeat);
  void listener_entered(const std::string& client, bool is_on_heartbeat);
  // Nobody calls it any more, and its last events were taken.
  void gone(const std::string& client);
  void call_ended(const std::string& client, const char* call, TimePoint began, TimePoint deadline,
                  Duration in_user_code);

  // ---- Processes that stand still

  void paused(ProcessId process);
  void resumed(ProcessId process);

  // ---- Phases

  // The network, or a node, is not well from now on; or is well again.
  void trouble(bool is_on);
  // From now on nothing disturbs the groups: members beat.
  void quiet(bool is_on);
  // All connections have broken; and what reaches a coordinator since.
  void connections_broken();
  void arrived(const std::string& client, const mock::Request& request);
  // What is missing until each partition of the group has one owner; empty: nothing.
  std::string unsettled(const std::string& group) const;
  std::uint64_t generations() const { return generations_; }
  // What is seen of records.
  RecordWatch& records() { return records_; }
  // How threads wait.
  IoWatch& io() { return io_; }

  // ---- mock::Observer

  void appended(const mock::AppendEvent& event) override { records_.appended(event); }
  void lost(const mock::LossEvent& event) override { records_.lost(event); }
  void committed(const mock::CommitEvent& event) override;
  void generation_completed(const mock::GenerationEvent& event) override;
  void coordinator_moved(const mock::CoordinatorEvent& event) override;
  void member_joined(const mock::MemberEvent& event) override;
  void member_removed(const mock::MemberEvent& event) override;

 private:
  struct InFlight {
    std::uint64_t wire = 0;
    NodeId node = -1;
    bool is_join = false;
  };
  struct Client {
    std::string group;
    bool is_cooperative = false;
    bool is_static = false;
    std::map<std::uint64_t, InFlight> joining;      // joins and syncs under way, by correlation
    std::string join_member_id;                     // of the last join sent
    std::optional<std::int32_t> joined_generation;  // by that join; none: not yet, or left since
    bool has_left = false;                          // since that join
    std::int32_t generation = -1;                   // the highest it spoke of
    bool may_fall = false;                          // the coordinator moved since it fell last
    std::int32_t group_generation = -1;             // of the last join that was answered
    bool is_stable = false;
    TimePoint beat_base{};
    bool is_beat_failed = false;    // the last, with an error that is to be retried
    TimePoint cut_off_at = kNever;  // its connections broke, and no beat has arrived since
    std::string member_id;
    bool is_removed = false;  // by the coordinator
    std::map<TopicPartition, AssignmentId> assigned;
    std::map<std::uint64_t, std::vector<TopicPartition>> revoking;
    std::set<TopicPartition> held;  // assigned or not handed back yet
    std::uint64_t commits = 0;      // called
    std::uint64_t commits_done = 0;
    std::uint64_t commits_told = 0;
    std::uint64_t commits_waiting = 0;  // when it began to close
    int closes = 0;                     // that began, on any thread
    bool is_closing = false;
    bool is_closed = false;
  };

  Client& client(const std::string& name) { return clients_[name]; }
  void check_beat(const std::string& name, const Client& one, TimePoint at);
  void check_reconnected(const std::string& name, const Client& one, TimePoint at);
  // How long the caller's process has stood still since then.
  Duration paused_since(TimePoint since) const;
  void check_outcome(const std::string& name, const Client& one, CloseOutcome outcome,
                     bool is_on_heartbeat);
  void told_assigned(const std::string& name, Client& one, const Assigned& assigned);
  void told_revoking(const std::string& name, Client& one, const Revoking& revoking);

  const Options options_;
  Scheduler& scheduler_ = *Scheduler::current();
  RecordWatch records_;
  std::map<std::string, Client> clients_;
  IoWatch io_;
  MembershipWatch membership_;
  std::map<std::string, std::map<std::string, std::vector<TopicPartition>>> assignments_;
  std::map<std::string, std::int32_t> completed_;  // by group: its newest generation
  struct Pause {
    ProcessId process = kWorld;
    TimePoint from{};
    TimePoint until = kNever;
  };
  std::vector<Pause> pauses_;
  std::uint64_t generations_ = 0;
  bool is_troubled_ = false;
  TimePoint trouble_ended_{};
  bool is_quiet_ = false;
  TimePoint quiet_from_{};
  std::deque<std::string> timeline_;
};

}  // namespace rookery::sim
