// group_plan.cc
//
// Draws, in an order that replay lines know.
#include "simulations/properties/group_plan.h"

#include <chrono>
#include <string>
#include <utility>

#include "simulations/properties/group_faults.h"

namespace rookery::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kRecordsMost = 60;

std::uint64_t sized(Tape& tape, std::uint64_t least, std::uint64_t most) {
  return least + tape.at_most(tape.draw(most - least + 1));
}

LifePlan member_of(std::uint64_t number, const char* group) {
  LifePlan life;
  life.client_id = "m" + std::to_string(number);
  life.group.group_id = group;
  life.group.request_timeout = seconds(1);
  life.group.api_timeout = seconds(2);
  life.group.retry_backoff = milliseconds(50);
  life.group.offset_reset = mock::OffsetReset::kEarliest;
  return life;
}

}  // namespace

GroupPlan draw_group_plan(Tape& tape) {
  GroupPlan plan;
  const std::uint64_t members = sized(tape, 1, 4);
  plan.groups = members > 1 && tape.one_in(4) ? 2 : 1;
  constexpr std::int64_t kBeats[] = {50, 100, 200};
  const Duration interval = milliseconds(kBeats[tape.draw(std::size(kBeats))]);
  const Duration session = milliseconds(tape.between(1000, 2000));
  const Duration patience = session + milliseconds(tape.between(0, 1000));
  const std::uint64_t cooperative = tape.draw(4);
  for (std::uint64_t i = 0; i < members; ++i) {
    const std::uint64_t group = i % plan.groups;
    LifePlan life = member_of(i + 1, group == 0 ? "billing" : "audit");
    life.group.session_timeout = session;
    life.group.heartbeat_interval = interval;
    life.group.max_poll_interval = patience;
    const bool is_cooperative = (cooperative >> group & 1U) != 0;
    if (is_cooperative) life.group.strategies = {"cooperative-sticky"};
    // A static member that comes back between the two rebalances of a cooperative group gets its
    // old assignment, and nobody rebalances again: Kafka leaves such partitions without owner, too.
    if (tape.one_in(5) && !is_cooperative)
      life.group.group_instance_id = "place-" + std::to_string(i + 1);
    life.helpers = sized(tape, 0, 2);
    constexpr std::uint64_t kCloses[] = {0, 20, 4};
    life.listener_closes_one_in = kCloses[tape.draw(std::size(kCloses))];
    life.gives_up_when_lost = tape.one_in(2);
    plan.members.push_back(std::move(life));
  }
  constexpr std::int64_t kSpreads[] = {900, 5'000, 20'000};
  plan.latency_spread = microseconds(kSpreads[tape.draw(std::size(kSpreads))]);
  plan.trouble = milliseconds(tape.between(2000, 8000));
  const std::uint64_t faults = tape.at_most(tape.draw(7));
  const FaultBounds bounds = {.nodes = plan.nodes,
                              .from = milliseconds(300),
                              .until = plan.trouble,
                              .session_timeout = session};
  for (std::uint64_t i = 0; i < faults; ++i) plan.faults.push_back(draw_group_fault(tape, bounds));
  constexpr std::uint64_t kRefused[] = {0, 200, 40};
  plan.refused_one_in = kRefused[tape.draw(std::size(kRefused))];
  plan.cluster.nodes = plan.nodes;
  plan.cluster.group_min_session_timeout = milliseconds(500);
  plan.cluster.failure_detection_delay = milliseconds(300);
  plan.cluster.group_initial_rebalance_delay = milliseconds(tape.one_in(3) ? 200 : 0);
  plan.cluster.offsets_retention = seconds(60);
  plan.settled_for = milliseconds(400);
  plan.quiet_for = milliseconds(1500);
  plan.break_after = milliseconds(tape.at_most(tape.draw(3)) * 150);
  plan.failed_beats_one_in = tape.one_in(2) ? 8 : 0;
  plan.records = tape.at_most(tape.draw(kRecordsMost + 1));
  return plan;
}

GroupPlan draw_small_group_plan(Tape& tape) {
  GroupPlan plan;
  plan.nodes = 1;
  plan.partitions = 2;
  const std::uint64_t members = sized(tape, 1, 2);
  const bool is_cooperative = tape.one_in(2);
  const Duration session = milliseconds(200);
  const Duration patience = milliseconds(tape.between(200, 400));
  for (std::uint64_t i = 0; i < members; ++i) {
    LifePlan life = member_of(i + 1, "billing");
    life.group.session_timeout = session;
    life.group.heartbeat_interval = milliseconds(50);
    life.group.max_poll_interval = patience;
    if (is_cooperative) life.group.strategies = {"cooperative-sticky"};
    life.helpers = sized(tape, 0, 1);
    constexpr std::uint64_t kCloses[] = {8, 2};
    life.listener_closes_one_in = kCloses[tape.draw(std::size(kCloses))];
    life.gives_up_when_lost = tape.one_in(2);
    // Most of what can go wrong, does while consumers come and go.
    life.shortest = milliseconds(5);
    life.longest = milliseconds(tape.between(20, 300));
    plan.members.push_back(std::move(life));
  }
  plan.latency_spread = microseconds(900);
  plan.trouble = milliseconds(tape.between(100, 500));
  plan.cluster.nodes = plan.nodes;
  plan.cluster.group_min_session_timeout = milliseconds(100);
  plan.cluster.group_initial_rebalance_delay = milliseconds(0);
  plan.cluster.offsets_retention = seconds(10);
  plan.is_one_process = true;
  plan.settled_for = milliseconds(60);
  plan.quiet_for = milliseconds(150);
  plan.records = tape.at_most(tape.draw(4));
  return plan;
}

}  // namespace rookery::sim
