// other_member.h
//
// A member of a group that lives in a process of its own, which can be frozen: what a machine does
// that sleeps, or a program that is stopped in a debugger.
//
// What it does is the same everywhere (run_other_member); the legs say where it runs.
#pragma once

#include <rookery/transport/transport.h>

#include <functional>
#include <string>
#include <vector>

namespace rookery::contract {

struct OtherMemberSettings {
  std::string group;
  std::string topic;
  std::string session_timeout_ms;
};

class OtherMember {
 public:
  virtual ~OtherMember() = default;  // ends it, frozen or not

  // From now on nothing of it runs, or reaches a broker, until thaw().
  virtual void freeze() = 0;
  virtual void thaw() = 0;
  // It is to commit what it was assigned first: as soon as it runs, with a change of the group
  // that it has not heard of yet. Once.
  virtual void order_commit() = 0;
  // What happened to it, in order: "assigned N", "revoked N", "lost N", "committed N", "refused N",
  // with the number of partitions; or "error ...", when it could not begin.
  virtual std::vector<std::string> said() = 0;

  bool has_said(const std::string& what) {
    for (const std::string& one : said()) {
      if (one == what) return true;
    }
    return false;
  }
};

// The member's life, until `is_over`. The others are called on its thread, `takes_order` between
// polls: true means to commit now.
struct OtherMemberHooks {
  std::function<bool()> is_over;
  std::function<bool()> takes_order;
  std::function<void(const std::string&)> say;
};
void run_other_member(Transport& transport, const OtherMemberSettings& settings,
                      const OtherMemberHooks& hooks);

// client.id of the member.
inline constexpr const char* kOtherMemberId = "other-member";

}  // namespace rookery::contract
