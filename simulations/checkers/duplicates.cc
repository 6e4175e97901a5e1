// duplicates.cc
//
// A record runs again only where a failure or a change of owner explains it. So at most what was
// not committed when the owner changed, or what follows a failed record, is ever run twice.

#include "simulations/checkers/checker.h"

namespace rookery::sim {
namespace {

class Duplicates final : public Checker {
 public:
  explicit Duplicates(const History& history) : Checker(history) {}
  const char* promise() const override { return "justified duplicates"; }

  std::optional<Breach> check(const Model& model, const Event& event) override {
    if (event.kind != EventKind::kConsumeStarted) return std::nullopt;
    const PartitionLog& log = model.log(event.partition);
    if (log.is_excused(event.offset)) return std::nullopt;
    const std::string where = record(event.partition, event.offset);
    const ConsumerView* consumer = model.consumer(event.consumer);
    if (consumer == nullptr) {
      // A new owner begins at what was committed when the partition was given to it.
      const GroupPartition& partition = model.group_partition(event.group, event.partition);
      if (partition.owner != event.process || !partition.committed_when_assigned) {
        return std::nullopt;
      }
      if (event.offset >= *partition.committed_when_assigned) return std::nullopt;
      return breach(event, "a new consumer starts at " + where + " although " +
                               std::to_string(*partition.committed_when_assigned) +
                               " was committed before the partition came to " +
                               process(event.process));
    }
    const std::size_t place = log.place_of(event.offset);
    if (place >= consumer->next_place || consumer->failed.contains(event.offset)) {
      return std::nullopt;
    }
    return breach(event, where + " starts again in the same consumer, though neither it nor an " +
                             "output of it has failed");
  }
};

}  // namespace

std::unique_ptr<Checker> make_duplicates_checker(const History& history) {
  return std::make_unique<Duplicates>(history);
}

}  // namespace rookery::sim
