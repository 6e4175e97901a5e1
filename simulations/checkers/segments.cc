// segments.cc
//
// A group that is a parallel segment consumes its own records only. That it consumes all of them,
// and none twice without a reason, is said by the promises to every group: so together the segments
// consume each record once.

#include "simulations/checkers/checker.h"

namespace rookery::sim {
namespace {

class Segments final : public Checker {
 public:
  explicit Segments(const History& history) : Checker(history) {}
  const char* promise() const override { return "each record in one segment"; }

  std::optional<Breach> check(const Model& model, const Event& event) override {
    if (event.kind != EventKind::kConsumeStarted) return std::nullopt;
    if (!model.is_foreign(event.group, event.partition, event.offset)) return std::nullopt;
    // What was lost and lay there before may have been its own.
    const PartitionLog& log = model.log(event.partition);
    const std::size_t place = log.place_of(event.offset);
    if (!log.holds(event.offset) || log[place].hash != event.detail) return std::nullopt;
    return breach(event, record(event.partition, event.offset) + " starts in group " +
                             history_.group_name(event.group) + ", but is another segment's");
  }
};

}  // namespace

std::unique_ptr<Checker> make_segments_checker(const History& history) {
  return std::make_unique<Segments>(history);
}

}  // namespace rookery::sim
