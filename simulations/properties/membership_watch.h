// membership_watch.h
//
// What a member of a group does about what happens to it: when it looks its coordinator up, who it
// is when it joins again, when it says goodbye for an application that is silent, which partitions
// of a cooperative assignment it gives up.
//
// Part of GroupWatch, whose rules are its own: a violation ends the run under the promise's name.
// Read from the wire, and from what user code does and is told.
#pragma once

#include <rookery/transport/group_consumer.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mockbroker/client/inbox.h"
#include "mockbroker/protocol/protocol.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

// What a member was made with.
struct MemberTraits {
  std::string group;
  bool is_cooperative = false;
  bool is_static = false;
  Duration session_timeout{0};
  Duration max_poll_interval{0};
  Duration retry_backoff{0};
};

class MembershipWatch {
 public:
  void opened(const std::string& client, const MemberTraits& traits);

  // ---- The wire

  void sent(const std::string& client, const mock::Request& request);
  void answered(const std::string& client, const mock::Reply& reply);
  void disconnected(const std::string& client);

  // ---- User code

  // A poll begins, the last one ended then. Pauses of the process are no silence.
  void poll_began(const std::string& client, TimePoint last_ended, bool was_paused);
  void told(const std::string& client, const std::vector<GroupEvent>& events);
  void close_began(const std::string& client) { clients_[client].is_closing = true; }
  // Its process stood still.
  void paused(const std::string& client) { clients_[client].was_paused = true; }

 private:
  struct Client {
    MemberTraits traits;
    bool is_closing = false;

    // The coordinator.
    bool may_look_up = true;    // something went wrong since the last lookup
    bool must_look_up = false;  // it was told that its session is over
    TimePoint sent_at{};        // the last beat, join or sync
    TimePoint good_sent_at{};   // the last that was answered well, and when
    TimePoint good_at{};
    bool is_good_handled = false;         // the member knows
    bool was_paused = false;              // since then
    std::uint64_t lookups = 0;            // sent
    std::uint64_t lookups_at_send = 0;    // at sent_at
    std::uint64_t lookups_when_good = 0;  // at good_sent_at

    // Who it is.
    std::string member_id;
    bool may_lose_id = true;  // the coordinator does not know it, or it left

    // Its application.
    bool is_stable = false;
    bool must_have_left = false;  // it was silent for too long; until this poll has ended

    // Partitions, of a cooperative member.
    std::optional<std::set<TopicPartition>> synced;  // the assignment of the last sync
    std::set<TopicPartition> told;                   // assigned, and not revoked since
  };

  void sent_join(const std::string& client, Client& one, const mock::JoinGroupRequest& join);
  void sent_beat(const std::string& client, Client& one);
  void sent_lookup(const std::string& client, Client& one);
  void check_claims(const std::string& client, const Client& one,
                    const mock::JoinGroupRequest& join);
  void check_given_up(const std::string& client, Client& one, const Revoking& revoking);
  void noticed(Client& one, mock::MaybeError error);
  bool is_session_over(const Client& one) const;
  void sends_sign_of_life(Client& one);
  void good(Client& one, bool is_handled);

  Scheduler& scheduler_ = *Scheduler::current();
  std::map<std::string, Client> clients_;
};

}  // namespace rookery::sim
