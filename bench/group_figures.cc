// group_figures.cc
//
// Members that do nothing but be members: poll, hand back what they are asked for, close.
#include "bench/group_figures.h"

#include <rookery/runtime/atomic.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/transport.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mockbroker/cluster/inspection.h"
#include "mockbroker/transport/in_process_kafka.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kNodes = 3;
constexpr std::int32_t kPartitions = 12;
constexpr int kSteadyMembers = 3;
constexpr const char* kGroup = "billing";
constexpr const char* kTopic = "orders.v1";

// One member, on a thread of its own, until told to leave.
class Member {
 public:
  Member(mock::InProcessKafka& kafka, const std::string& name)
      : thread_(name, [this, &kafka, name] { live(kafka, name); }) {}

  void leave() {
    is_leaving_.store(true);
    thread_.join();
  }

 private:
  void live(mock::InProcessKafka& kafka, const std::string& name) {
    auto made = kafka.transport().make_group_consumer(
        {.config = {{"group.id", kGroup},
                    {"client.id", name},
                    {"partition.assignment.strategy", "cooperative-sticky"}}});
    if (!made || !(*made)->subscribe({kTopic})) return;  // then the group never settles
    GroupConsumer& consumer = **made;
    while (!is_leaving_.load()) {
      for (const GroupEvent& event : consumer.poll_events(deadline_in(100ms))) {
        if (const auto* revoking = std::get_if<Revoking>(&event)) {
          consumer.hand_back(revoking->revocation);
        }
      }
    }
    static_cast<void>(consumer.close(deadline_in(10s)));
  }

  Atomic<bool> is_leaving_{false};
  Thread thread_;
};

mock::GroupDescription describe(mock::InProcessKafka& kafka) {
  mock::GroupDescription description;
  kafka.with_cluster([&](mock::Cluster& cluster, TimePoint, WallTime) {
    description = cluster.inspect().group(kGroup);
  });
  return description;
}

// Waits until the group has so many members, is stable, and every partition has an owner. Answers
// its generation; none when it does not come to that.
std::optional<std::int32_t> settle(mock::InProcessKafka& kafka, std::size_t members) {
  const TimePoint give_up = deadline_in(5min);
  while (now() < give_up) {
    const mock::GroupDescription group = describe(kafka);
    std::size_t owned = 0;
    for (const auto& member : group.members) owned += member.assignment.size();
    if (group.state == mock::GroupState::kStable && group.members.size() == members &&
        owned == kPartitions) {
      return group.generation;
    }
    sleep_until(deadline_in(20ms));
  }
  return std::nullopt;
}

struct GroupRun {
  double seconds = 0;  // of wall time
  Duration virtual_elapsed{0};
  std::int32_t generations = 0;
};

// What happens to a settled group, answers its last generation.
using Life = std::function<std::optional<std::int32_t>(mock::InProcessKafka&)>;

Result<GroupRun> run_group(const Life& life) {
  sim::Tape tape = sim::Tape::from_seed(1);
  sim::StickyRandomStrategy strategy(tape, 16);
  sim::Scheduler scheduler({}, tape, strategy);
  std::optional<std::int32_t> generations;
  const TimePoint begin = now();
  const sim::RunResult result = scheduler.run([&] {
    mock::InProcessKafka kafka({.nodes = kNodes});
    if (!kafka.create_topic(kTopic, kPartitions)) return;
    std::vector<std::unique_ptr<Member>> members;
    for (int i = 0; i < kSteadyMembers; ++i) {
      members.push_back(std::make_unique<Member>(kafka, "member-" + std::to_string(i)));
    }
    if (settle(kafka, kSteadyMembers)) generations = life(kafka);
    for (const auto& member : members) member->leave();
  });
  const double seconds = std::chrono::duration<double>(now() - begin).count();
  if (result.failure) return fail(ErrorCode::kState, result.failure->text);
  if (!generations) return fail(ErrorCode::kState, "the group did not settle");
  return GroupRun{seconds, result.virtual_elapsed, *generations};
}

Result<Turn> run_rebalances(int newcomers) {
  const auto run = run_group([newcomers](mock::InProcessKafka& kafka) {
    std::optional<std::int32_t> generation;
    for (int i = 0; i < newcomers; ++i) {
      Member newcomer(kafka, "newcomer-" + std::to_string(i));
      const bool has_joined = settle(kafka, kSteadyMembers + 1).has_value();
      newcomer.leave();
      generation = settle(kafka, kSteadyMembers);
      if (!has_joined || !generation) return std::optional<std::int32_t>();
    }
    return generation;
  });
  if (!run) return fail(run.error());
  return Turn{.seconds = run->seconds, .value = run->generations / run->seconds};
}

Result<Turn> run_idle(Duration idle) {
  const auto run = run_group([idle](mock::InProcessKafka& kafka) {
    sleep_until(deadline_in(idle));
    return settle(kafka, kSteadyMembers);
  });
  if (!run) return fail(run.error());
  const double virtual_seconds = std::chrono::duration<double>(run->virtual_elapsed).count();
  return Turn{.seconds = run->seconds, .value = virtual_seconds / run->seconds};
}

}  // namespace

void add_group_figures(Measurements& measurements) {
  const bool is_quick = measurements.settings().is_quick;
  measurements.add({.name = "simulation.rebalances",
                    .unit = "rebalances/s",
                    .target = [](double) { return 300.0; },
                    .ours = [=] { return run_rebalances(is_quick ? 2 : 300); }});
  measurements.add({.name = "simulation.virtual_ratio",
                    .unit = "virtual s/s",
                    .target = [](double) { return 1000.0; },
                    .ours = [=] { return run_idle(is_quick ? 1min : 120min); }});
}

}  // namespace rookery::bench
