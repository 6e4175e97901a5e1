// hand_back.cc
//
// Nobody starts a record of a partition that was handed back. A member of a generation has handed
// back, before it joined, whatever the generation gives to others. One that was expelled (paused,
// cut off) cannot know it at once: it has until some time after its last trouble.

#include <algorithm>
#include <chrono>

#include "simulations/checkers/checker.h"

namespace rookery::sim {
namespace {

// More than any session timeout of a simulation and the time to notice.
constexpr Duration kExpelledMost = std::chrono::seconds(60);

class HandBack final : public Checker {
 public:
  explicit HandBack(const History& history) : Checker(history) {}
  const char* promise() const override { return "no work after hand-back"; }

  std::optional<Breach> check(const Model& model, const Event& event) override {
    if (event.kind != EventKind::kConsumeStarted) return std::nullopt;
    const GroupPartition& partition = model.group_partition(event.group, event.partition);
    const std::string what =
        process(event.process) + " starts " + record(event.partition, event.offset);
    if (!partition.owners.contains(event.process)) {
      return breach(event, what + ", a partition that it was never given");
    }
    if (partition.owner != event.process) {
      const GroupView& group = model.group(event.group);
      if (group.members.contains(event.process)) {
        return breach(event, what + " although generation " + std::to_string(group.generation) +
                                 ", in which it takes part, gave the partition to " +
                                 process(partition.owner));
      }
      TimePoint excused_from = std::max(group.generation_at, model.fault_at());
      excused_from = std::max(excused_from, model.process(event.process).disturbed_at);
      if (event.at > excused_from + kExpelledMost) {
        return breach(event, what +
                                 " long after it was expelled from the group; the partition "
                                 "belongs to " +
                                 process(partition.owner));
      }
      return std::nullopt;
    }
    if (partition.newest_ownership != kNone && event.ownership < partition.newest_ownership &&
        model.ownership(partition.newest_ownership)->process() == event.process) {
      return breach(event,
                    what + " in a consumer of an earlier ownership, after a later one began");
    }
    return std::nullopt;
  }
};

}  // namespace

std::unique_ptr<Checker> make_hand_back_checker(const History& history) {
  return std::make_unique<HandBack>(history);
}

}  // namespace rookery::sim
