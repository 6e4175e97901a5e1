// dead_letters.cc
//
// Only a record that failed is given up, by its owner, and its dead letter is the very record. That
// its offset is committed no sooner than the dead letter is acknowledged is part of "commit never
// past undone work".

#include <string>

#include "simulations/checkers/checker.h"

namespace rookery::sim {
namespace {

class DeadLetters final : public Checker {
 public:
  explicit DeadLetters(const History& history) : Checker(history) {}
  const char* promise() const override { return "dead letters of failed records only"; }

  std::optional<Breach> check(const Model& model, const Event& event) override {
    const bool is_sent = event.kind == EventKind::kDeadLetterSent;
    if (!is_sent && event.kind != EventKind::kSkipped) return std::nullopt;
    if (!is_sent && event.detail == kSkippedByFilter) return std::nullopt;  // nothing failed
    const PartitionLog& log = model.log(event.partition);
    const std::string what = process(event.process) + (is_sent ? " gives up " : " skips ") +
                             record(event.partition, event.offset);
    const bool may_be_lost = log.is_excused(event.offset);
    if (!log.holds(event.offset) && !may_be_lost) {
      return breach(event, what + ", which the cluster does not hold");
    }
    const std::size_t place = log.place_of(event.offset);
    if (is_sent && !may_be_lost && log[place].hash != event.detail) {
      return breach(event, what + " with another key or payload than the cluster holds there");
    }
    const GroupPartition& partition = model.group_partition(event.group, event.partition);
    // Its own run may have failed, while another process, which believes that it owns the
    // partition, runs the record, too.
    const RunId last_run = partition.look_at(place).last_run;
    const Run* run = last_run == 0 ? nullptr : model.run(last_run);
    const OwnershipView* const own = model.ownership_of(event);
    const bool has_failed = (run != nullptr && (run->has_thrown || run->has_failed_output)) ||
                            (own != nullptr && own->look_at(place).has_ever_failed);
    if (!has_failed && !may_be_lost) {
      return breach(event, what + ", which has not failed");
    }
    if (partition.owner != event.process &&
        model.group(event.group).members.contains(event.process)) {
      return breach(event, what + " although it handed the partition back: it belongs to " +
                               process(partition.owner));
    }
    return std::nullopt;
  }
};

}  // namespace

std::unique_ptr<Checker> make_dead_letters_checker(const History& history) {
  return std::make_unique<DeadLetters>(history);
}

}  // namespace rookery::sim
