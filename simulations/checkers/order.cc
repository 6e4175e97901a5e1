// order.cc
//
// Within one ownership of a partition records start in the order that its route asks for: all of
// them in offset order, one (or one batch) at a time, or those of one key.

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
    const PartitionLog& log = model.log(event.partition);
    const OwnershipView* const ownership = model.ownership(event.ownership);
    if (auto found = check_beside_lost(log, event, ownership)) return found;
    if (log.is_excused(event.offset)) return std::nullopt;
    const RunOrder order = model.order_of(event.group, event.partition);
    switch (order.kind) {
      case OrderKind::kAll:
        return check_all(model, log, event, ownership);
      case OrderKind::kByKey: {
        auto found = check_key(model, log, event, ownership, order);
        if (found) found->promise = "order per key";
        return found;
      }
      case OrderKind::kNoOrder:
        return check_consumer(model, event);
    }
    return std::nullopt;
  }

 private:
  // What a log lost and what lies there now are two records of one offset: what is said of the one
  // must not be taken for the other.
  std::optional<Breach> check_beside_lost(const PartitionLog& log, const Event& event,
                                          const OwnershipView* ownership) const {
    if (ownership == nullptr || !log.holds(event.offset)) return std::nullopt;
    if (log[log.place_of(event.offset)].hash != event.detail) return std::nullopt;
    if (!ownership->lost_run_at(event.offset)) return std::nullopt;
    return breach(event, record(event.partition, event.offset) +
                             " starts while the record that lay there before is still running");
  }

  // Lies where others were lost, is another segment's, or was dropped by a filter.
  static bool is_passed_by(const Model& model, const PartitionLog& log, const Event& event,
                           std::size_t place) {
    return log.is_excused(log[place].offset) ||
           model.is_foreign(event.group, event.partition, log[place].offset) ||
           is_filtered(model, event, place);
  }

  // Each object of user code does one thing at a time.
  std::optional<Breach> check_consumer(const Model& model, const Event& event) const {
    const ConsumerView* const consumer = model.consumer(event.consumer);
    if (consumer == nullptr || consumer->open_batch == 0 || consumer->open_batch == event.batch) {
      return std::nullopt;
    }
    return breach(event, record(event.partition, event.offset) +
                             " starts while another is still running in the same consumer");
  }

  // Nobody is owed it here: it was given up or lost, or somebody else has done it, and may have
  // told the next owner (docs/progress-format.md).
  static bool is_passed_by_right(const Model& model, const Event& event,
                                 const OwnershipView* ownership, std::size_t place) {
    const PartitionLog& log = model.log(event.partition);
    if (is_passed_by(model, log, event, place)) return true;
    if (ownership != nullptr) {
      const OwnershipView::RecordView& here = ownership->look_at(place);
      if (here.is_given_up) return true;
      if (here.state != OwnershipView::State::kUntouched) return false;
    }
    return model.group_partition(event.group, event.partition).look_at(place).is_done;
  }

  static const SequenceView::Open* other_open(const SequenceView& sequence, const Event& event) {
    for (const SequenceView::Open& open : sequence.open) {
      if (open.batch != event.batch) return &open;
    }
    return nullptr;
  }

  static bool is_filtered(const Model& model, const Event& event, std::size_t place) {
    return model.group_partition(event.group, event.partition).look_at(place).is_filtered;
  }

  // Whether it starts although a record that threw, in the same sequence, has to come first.
  static bool passes_thrown(const OwnershipView& ownership, const SequenceView& sequence,
                            const Event& event, std::size_t place) {
    if (!sequence.must_go_back_to || !sequence.open.empty()) return false;
    const bool is_again = ownership.look_at(place).has_failed;
    return !is_again || event.offset > *sequence.must_go_back_to;
  }

  // ---- All of the partition

  std::optional<Breach> check_all(const Model& model, const PartitionLog& log, const Event& event,
                                  const OwnershipView* ownership) const {
    const std::string where = record(event.partition, event.offset);
    const std::size_t place = log.place_of(event.offset);
    const SequenceView* const all = ownership == nullptr ? nullptr : ownership->sequence(0);
    if (all == nullptr) return check_first(model, event, place, where);
    if (other_open(*all, event) != nullptr) {
      return breach(event, where + " starts while " + latest(*all, event, log) +
                               " is still running in the same consumer");
    }
    if (passes_thrown(*ownership, *all, event, place)) {
      return breach(event, where + " starts although " +
                               record(event.partition, *all->must_go_back_to) +
                               " threw and was not run again");
    }
    std::size_t next = std::max(all->next_place, log.held_from());
    while (next < place && is_passed_by_right(model, event, ownership, next)) ++next;
    if (place > next) {
      return breach(event, where + " starts right after " + latest(*all, event, log) +
                               ": what lies between is passed over");
    }
    return std::nullopt;
  }

  std::string latest(const SequenceView& all, const Event& event, const PartitionLog& log) const {
    if (all.next_place == 0) return "a record that was lost";
    return record(event.partition, log[all.next_place - 1].offset);
  }

  // An ownership begins where the group's commits end.
  std::optional<Breach> check_first(const Model& model, const Event& event, std::size_t place,
                                    const std::string& where) const {
    const GroupPartition& partition = model.group_partition(event.group, event.partition);
    if (!partition.committed) return std::nullopt;  // earliest or latest, as configured
    const PartitionLog& log = model.log(event.partition);
    std::size_t wanted = std::max(log.place_of(*partition.committed), log.held_from());
    while (wanted < place && is_passed_by_right(model, event, nullptr, wanted)) ++wanted;
    if (place > wanted) {
      return breach(
          event, "a new consumer starts at " + where + " although the group has committed " +
                     std::to_string(*partition.committed) + ": what lies between is passed over");
    }
    return std::nullopt;
  }

  // ---- Those of one key

  std::optional<Breach> check_key(const Model& model, const PartitionLog& log, const Event& event,
                                  const OwnershipView* ownership, const RunOrder& order) const {
    if (auto found = check_consumer(model, event)) return found;
    if (event.key == 0) return std::nullopt;
    const std::string where = record(event.partition, event.offset);
    const std::size_t place = log.place_of(event.offset);
    const SequenceView* const key = ownership == nullptr ? nullptr : ownership->sequence(event.key);
    if (key != nullptr) {
      if (const SequenceView::Open* const open = other_open(*key, event)) {
        return breach(event, where + " starts while " + record(event.partition, open->offset) +
                                 " of the same key is still running");
      }
      if (passes_thrown(*ownership, *key, event, place)) {
        return breach(event, where + " starts although " +
                                 record(event.partition, *key->must_go_back_to) +
                                 " of the same key threw and was not run again");
      }
    }
    if (!order.is_by_own_key) return std::nullopt;  // nobody knows the keys of the others
    const std::size_t from =
        std::max(key_begins_at(model, event, ownership, key, place), log.held_from());
    for (std::size_t before = log[place].before_in_key;
         before != PartitionLog::kNowhere && before >= from; before = log[before].before_in_key) {
      if (is_passed_by_right(model, event, ownership, before)) continue;
      return breach(event, where + " starts before " + record(event.partition, log[before].offset) +
                               " of the same key, which is passed over");
    }
    return std::nullopt;
  }

  // From where on records of the key are owed before the one at the place.
  static std::size_t key_begins_at(const Model& model, const Event& event,
                                   const OwnershipView* ownership, const SequenceView* key,
                                   std::size_t place) {
    if (key != nullptr) return key->next_place;
    if (ownership != nullptr) {
      if (ownership->beginning().committed) return ownership->beginning().place;
    } else if (const auto committed =
                   model.group_partition(event.group, event.partition).committed) {
      return model.log(event.partition).place_of(*committed);
    }
    return model.is_latest(event.group) ? place : 0;
  }
};

}  // namespace

std::unique_ptr<Checker> make_order_checker(const History& history) {
  return std::make_unique<Order>(history);
}

}  // namespace rookery::sim
