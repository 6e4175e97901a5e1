// unchanged_records.cc
//
// What is consumed or acknowledged is in the log, with the very key and payload.

#include "simulations/checkers/checker.h"

namespace rookery::sim {
namespace {

class UnchangedRecords final : public Checker {
 public:
  explicit UnchangedRecords(const History& history) : Checker(history) {}
  const char* promise() const override { return "records unchanged"; }

  std::optional<Breach> check(const Model& model, const Event& event) override {
    switch (event.kind) {
      case EventKind::kConsumeStarted:
        return compare(model, event, event.detail, "a record was consumed");
      case EventKind::kProduced:
        return compare(model, event, event.detail, "the producer's record was acknowledged");
      case EventKind::kOutputAcknowledged:
        if (event.offset < 0) return std::nullopt;  // the broker knew it as a duplicate
        return compare(model, event, model.sent_hash(event.send), "an output was acknowledged");
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<Breach> compare(const Model& model, const Event& event,
                                std::optional<std::uint64_t> hash, const char* what) const {
    const PartitionLog& log = model.log(event.partition);
    // What was taken, or sent, before it was lost.
    if (log.is_excused(event.offset)) return std::nullopt;
    const std::string where = record(event.partition, event.offset);
    if (!log.holds(event.offset)) {
      return breach(event,
                    std::string(what) + " as " + where + ", which the cluster does not hold");
    }
    if (hash && log[log.place_of(event.offset)].hash != *hash) {
      return breach(event, std::string(what) + " as " + where +
                               " with another key or payload than the cluster holds there");
    }
    return std::nullopt;
  }
};

}  // namespace

std::unique_ptr<Checker> make_unchanged_records_checker(const History& history) {
  return std::make_unique<UnchangedRecords>(history);
}

}  // namespace rookery::sim
