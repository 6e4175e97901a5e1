// collapse.cc
//
// Where a route asks for it, a record that failed runs again alone, and no other lane starts what
// lies behind it before it is over.

#include <limits>
#include <map>

#include "simulations/checkers/checker.h"

namespace rookery::sim {
namespace {

class Collapse final : public Checker {
 public:
  explicit Collapse(const History& history) : Checker(history) {}
  const char* promise() const override { return "lanes that fail take turns"; }

  std::optional<Breach> check(const Model& model, const Event& event) override {
    switch (event.kind) {
      case EventKind::kConsumeStarted:
        return start(model, event);
      case EventKind::kConsumeThrew:
        if (const OwnershipView* owner = model.ownership(event.ownership);
            owner != nullptr && owner->order().collapses && is_first_of_batch(event)) {
          failing_[event.ownership].try_emplace(event.offset, Failing{.consumer = event.consumer});
        }
        break;
      case EventKind::kConsumeEnded:
      case EventKind::kMarked:
        forget_of(event);
        break;
      case EventKind::kDeadLetterSent:
      case EventKind::kSkipped:
        forget(model, event.partition, event.offset, event.offset + 1);
        break;
      case EventKind::kRemoved:
        forget(model, event.partition, 0, event.offset);
        break;
      case EventKind::kLost:
      case EventKind::kLostLegally:
        forget(model, event.partition, event.offset, kEnd);
        break;
      default:
        break;
    }
    return std::nullopt;
  }

 private:
  static constexpr Offset kEnd = std::numeric_limits<Offset>::max();
  struct Failing {
    ConsumerId consumer = kNone;
    bool runs_again = false;  // before, another lane may not have heard
  };

  // Which of a batch it was is the consumer's secret, but that one and the first run again in turn.
  static bool is_first_of_batch(const Event& event) {
    return event.batch == 0 || event.batch == event.run;
  }

  std::optional<Breach> start(const Model& model, const Event& event) {
    const auto found = failing_.find(event.ownership);
    if (found == failing_.end()) return std::nullopt;
    for (const auto& [offset, failing] : found->second) {
      if (offset >= event.offset) break;
      if (!failing.runs_again || failing.consumer == event.consumer) continue;
      return breach(event, record(event.partition, event.offset) + " starts although " +
                               record(event.partition, offset) + " fails and is not over");
    }
    const auto again = found->second.find(event.offset);
    if (again == found->second.end()) return std::nullopt;
    again->second.runs_again = true;
    const ConsumerView* const consumer = model.consumer(event.consumer);
    if (consumer != nullptr && consumer->open_batch != 0) return std::nullopt;
    if (model.ownership(event.ownership)->at_work(model.consumers()) == 0) return std::nullopt;
    return breach(event, record(event.partition, event.offset) +
                             ", which failed, starts again beside the work of other lanes");
  }

  // Of one lane, up to the record: what a mark covers is over, too.
  void forget_of(const Event& event) {
    const auto found = failing_.find(event.ownership);
    if (found == failing_.end()) return;
    std::erase_if(found->second, [&](const auto& entry) {
      return entry.first == event.offset ||
             (entry.first < event.offset && entry.second.consumer == event.consumer);
    });
  }

  void forget(const Model& model, PartitionIndex partition, Offset from, Offset end) {
    for (auto& [ownership, failing] : failing_) {
      const OwnershipView* const owner = model.ownership(ownership);
      if (owner == nullptr || owner->partition() != partition) continue;
      failing.erase(failing.lower_bound(from), failing.lower_bound(end));
    }
  }

  std::map<OwnershipId, std::map<Offset, Failing>> failing_;
};

}  // namespace

std::unique_ptr<Checker> make_collapse_checker(const History& history) {
  return std::make_unique<Collapse>(history);
}

}  // namespace rookery::sim
