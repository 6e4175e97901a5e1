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
    if (is_reset(model, event)) return std::nullopt;
    const std::string where = record(event.partition, event.offset);
    const OwnershipView* const ownership = model.ownership(event.ownership);
    if (ownership == nullptr) {
      const GroupPartition& partition = model.group_partition(event.group, event.partition);
      const bool is_owner = partition.owner == event.process;
      return check_beginning(event, is_owner ? partition.committed_when_assigned : std::nullopt,
                             where);
    }
    const std::size_t place = log.place_of(event.offset);
    const OwnershipView::RecordView& run = ownership->look_at(place);
    if (run.has_failed || run.state == OwnershipView::State::kReleased) return std::nullopt;
    const SequenceView* const sequence = ownership->sequence(event.key);
    const bool is_behind = sequence != nullptr && place < sequence->next_place;
    if (run.state == OwnershipView::State::kUntouched && !is_behind) {
      return check_beginning(event, ownership->beginning().committed_when_assigned, where);
    }
    return breach(event, where + " starts again in the same consumer, though neither it nor an " +
                             "output of it has failed");
  }

 private:
  // A seek names an offset and no leader epoch (KIP-320): when the log ends below it later, the
  // client cannot tell what was lost, and begins where auto.offset.reset says.
  static bool is_reset(const Model& model, const Event& event) {
    return !model.log(event.partition).excused().empty() &&
           model.group_partition(event.group, event.partition).has_sought;
  }

  // A new owner begins at what was committed when the partition was given to it.
  std::optional<Breach> check_beginning(const Event& event, std::optional<Offset> committed,
                                        const std::string& where) const {
    if (!committed || event.offset >= *committed) return std::nullopt;
    return breach(event,
                  "a new consumer starts at " + where + " although " + std::to_string(*committed) +
                      " was committed before the partition came to " + process(event.process));
  }
};

}  // namespace

std::unique_ptr<Checker> make_duplicates_checker(const History& history) {
  return std::make_unique<Duplicates>(history);
}

}  // namespace rookery::sim
