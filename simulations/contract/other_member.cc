// other_member.cc
//
// A loop that polls, hands back at once and tells what happened.
#include "simulations/contract/other_member.h"

#include <rookery/runtime/time.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rookery::contract {
namespace {

using namespace std::chrono_literals;

struct Life {
  GroupConsumer& consumer;
  const OtherMemberHooks& hooks;
  std::vector<OffsetToCommit> first;                      // of the first assignment
  std::vector<std::shared_ptr<PartitionStream>> streams;  // kept, though nobody takes

  void say(const char* what, std::size_t count) {
    hooks.say(std::string(what) + " " + std::to_string(count));
  }
  void operator()(Assigned& event) {
    const bool is_first = first.empty();
    for (AssignedPartition& partition : event.partitions) {
      if (is_first) first.push_back({partition.partition, partition.assignment, 5, "late"});
      streams.push_back(std::move(partition.stream));
    }
    say("assigned", event.partitions.size());
  }
  void operator()(Revoking& event) {
    say(event.lost ? "lost" : "revoked", event.partitions.size());
    consumer.hand_back(event.revocation);
  }
  void operator()(CommitDone& event) {
    const auto done =
        std::count_if(event.results.begin(), event.results.end(),
                      [](const CommitResult& result) { return result.status.has_value(); });
    const auto refused = static_cast<std::ptrdiff_t>(event.results.size()) - done;
    if (done > 0) say("committed", static_cast<std::size_t>(done));
    if (refused > 0) say("refused", static_cast<std::size_t>(refused));
  }
  void operator()(ConsumerError&) {}
  void operator()(ConnectionRestored&) {}
  void operator()(Statistics&) {}
};

}  // namespace

void run_other_member(Transport& transport, const OtherMemberSettings& settings,
                      const OtherMemberHooks& hooks) {
  auto made =
      transport.make_group_consumer({.config = {{"group.id", settings.group},
                                                {"client.id", kOtherMemberId},
                                                {"auto.offset.reset", "earliest"},
                                                {"session.timeout.ms", settings.session_timeout_ms},
                                                {"heartbeat.interval.ms", "200"},
                                                {"fetch.wait.max.ms", "100"}}});
  if (!made) return hooks.say("error " + made.error().text());
  GroupConsumer& consumer = **made;
  if (const Status joined = consumer.subscribe({settings.topic}); !joined) {
    return hooks.say("error " + joined.error().text());
  }
  Life life{.consumer = consumer, .hooks = hooks};
  while (!hooks.is_over()) {
    if (hooks.takes_order()) consumer.commit(life.first);
    for (GroupEvent& event : consumer.poll_events(deadline_in(20ms))) std::visit(life, event);
  }
  life.streams.clear();
  consumer.close(deadline_in(5s));
}

}  // namespace rookery::contract
