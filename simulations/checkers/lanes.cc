// lanes.cc
//
// No more consumers of one partition are at work at once than its route asks for.

#include "simulations/checkers/checker.h"

namespace rookery::sim {
namespace {

class Lanes final : public Checker {
 public:
  explicit Lanes(const History& history) : Checker(history) {}
  const char* promise() const override { return "no more lanes than asked for"; }

  std::optional<Breach> check(const Model& model, const Event& event) override {
    if (event.kind != EventKind::kConsumeStarted) return std::nullopt;
    const OwnershipView* const ownership = model.ownership(event.ownership);
    if (ownership == nullptr) return std::nullopt;
    const ConsumerView* const consumer = model.consumer(event.consumer);
    if (consumer != nullptr && consumer->open_batch != 0) return std::nullopt;
    const std::size_t at_work = ownership->at_work(model.consumers());
    if (at_work < ownership->order().lanes_most) return std::nullopt;
    return breach(event, record(event.partition, event.offset) + " starts although " +
                             std::to_string(at_work) + " of at most " +
                             std::to_string(ownership->order().lanes_most) +
                             " consumers are at work");
  }
};

}  // namespace

std::unique_ptr<Checker> make_lanes_checker(const History& history) {
  return std::make_unique<Lanes>(history);
}

}  // namespace rookery::sim
