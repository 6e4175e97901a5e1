// order.cc
//
// Within one ownership of a partition records start in offset order, one (or one batch) at a time.

#include <algorithm>

#include "simulations/checkers/checker.h"

namespace rookery::sim {
namespace {

class Order final : public Checker {
 public:
  explicit Order(const History& history) : Checker(history) {}
  const char* promise() const override { return "order per partition"; }

  std::optional<Breach> check(const Model& model, const Event& event) override {
    if (event.kind != EventKind::kConsumeStarted) return std::nullopt;
    const std::string where = record(event.partition, event.offset);
    const PartitionLog& log = model.log(event.partition);
    if (log.is_excused(event.offset)) return std::nullopt;
    const std::size_t place = log.place_of(event.offset);
    const ConsumerView* consumer = model.consumer(event.consumer);
    if (consumer == nullptr) return check_first(model, event, place, where);

    if (consumer->open_batch != 0 && consumer->open_batch != event.batch) {
      return breach(event, where + " starts while " + latest(*consumer, event, log) +
                               " is still running in the same consumer");
    }
    const bool is_again = consumer->failed.contains(event.offset);
    if (consumer->must_go_back_to && consumer->open_batch != event.batch &&
        !(is_again && event.offset <= *consumer->must_go_back_to)) {
      return breach(event, where + " starts although " +
                               record(event.partition, *consumer->must_go_back_to) +
                               " threw and was not run again");
    }
    std::size_t next = std::max(consumer->next_place, log.held_from());
    const GroupPartition& partition = model.group_partition(event.group, event.partition);
    while (next < place &&
           (partition.look_at(next).is_given_up || log.is_excused(log[next].offset))) {
      ++next;
    }
    if (place > next) {
      return breach(event, where + " starts right after " + latest(*consumer, event, log) +
                               ": what lies between is passed over");
    }
    return std::nullopt;
  }

 private:
  std::string latest(const ConsumerView& consumer, const Event& event,
                     const PartitionLog& log) const {
    if (consumer.next_place == 0) return "a record that was lost";
    return record(event.partition, log[consumer.next_place - 1].offset);
  }

  // An ownership begins where the group's commits end.
  std::optional<Breach> check_first(const Model& model, const Event& event, std::size_t place,
                                    const std::string& where) const {
    const GroupPartition& partition = model.group_partition(event.group, event.partition);
    if (!partition.committed) return std::nullopt;  // earliest or latest, as configured
    const PartitionLog& log = model.log(event.partition);
    std::size_t wanted = std::max(log.place_of(*partition.committed), log.held_from());
    while (wanted < place && log.is_excused(log[wanted].offset)) ++wanted;
    if (place > wanted) {
      return breach(
          event, "a new consumer starts at " + where + " although the group has committed " +
                     std::to_string(*partition.committed) + ": what lies between is passed over");
    }
    return std::nullopt;
  }
};

}  // namespace

std::unique_ptr<Checker> make_order_checker(const History& history) {
  return std::make_unique<Order>(history);
}

}  // namespace rookery::sim
