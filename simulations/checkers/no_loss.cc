// no_loss.cc
//
// Every record the cluster holds was consumed, its outputs are safe, and lag is zero. What the
// producer sent is in the log once. What was acknowledged with acks=all survives every clean
// election; what a weaker acknowledgement, an unclean election or a loss of power took is not owed.

#include "simulations/checkers/checker.h"

namespace rookery::sim {
namespace {

// A group that begins at the end, and to which nothing has come since.
bool is_never_begun(const Model& model, const Expectations::Subscription& subscription) {
  return model.is_latest(subscription.group) &&
         model.group_partition(subscription.group, subscription.partition).progress.empty();
}

class NoLoss final : public Checker {
 public:
  explicit NoLoss(const History& history) : Checker(history) {}
  const char* promise() const override { return "no loss"; }

  std::optional<Breach> check(const Model& model, const Event& event) override {
    if (event.kind != EventKind::kLost) return std::nullopt;
    const PartitionLog& log = model.log(event.partition);
    for (std::size_t place = log.place_of(event.offset); place < log.size(); ++place) {
      const PartitionLog::Entry& entry = log[place];
      if (entry.is_weak || !(entry.is_produced || entry.is_output)) continue;
      Breach found = breach(event, record(event.partition, entry.offset) +
                                       " was acknowledged with acks=all, and a clean election "
                                       "lost it");
      found.offset = entry.offset;
      return found;
    }
    return std::nullopt;
  }

  std::optional<Breach> finish(const Model& model, const Expectations& expectations) override {
    for (const Expectations::Produced& produced : expectations.produced) {
      if (auto found = check_produced(model, produced)) return found;
    }
    for (const Expectations::Subscription& subscription : expectations.subscriptions) {
      if (auto found = check_partition(model, subscription)) return found;
    }
    return std::nullopt;
  }

 private:
  std::optional<Breach> check_produced(const Model& model,
                                       const Expectations::Produced& produced) const {
    std::uint64_t held = 0;
    std::uint64_t lost = 0;
    bool is_excused = false;
    Breach found{.promise = promise()};
    std::string unknown;
    for (PartitionIndex partition = 0; partition < history_.partition_count(); ++partition) {
      if (history_.partition_name(partition).topic != produced.topic) continue;
      const PartitionLog& log = model.log(partition);
      held += log.size();
      lost += log.lost();
      is_excused |= !log.excused().empty();
      for (std::size_t place = 0; place < log.size() && unknown.empty(); ++place) {
        if (log[place].is_produced) continue;
        unknown = "; the producer does not know " + record(partition, log[place].offset);
        found.partition = partition;
        found.offset = log[place].offset;
      }
    }
    if (held + lost == produced.records) return std::nullopt;
    // What an unclean election lost, the next one may bring back.
    if (is_excused && held <= produced.records + produced.sent_again &&
        held + lost > produced.records) {
      return std::nullopt;
    }
    found.text = std::to_string(produced.records) + " records were produced to " + produced.topic +
                 ", the cluster holds " + std::to_string(held) + unknown;
    return found;
  }

  std::optional<Breach> check_partition(const Model& model,
                                        const Expectations::Subscription& subscription) const {
    const PartitionLog& log = model.log(subscription.partition);
    const GroupPartition& partition =
        model.group_partition(subscription.group, subscription.partition);
    Offset offset = -1;
    const auto broken = [&](std::string text) {
      return Breach{promise(), std::move(text), subscription.partition, subscription.group, offset};
    };
    if (const auto place = first_owed(model, subscription)) {
      const GroupPartition::Progress& progress = partition.look_at(*place);
      offset = log[*place].offset;
      const std::string where = record(subscription.partition, offset);
      if (progress.last_run == 0) {
        return broken(where + " was never consumed by group " +
                      history_.group_name(subscription.group));
      }
      const Run& run = *model.run(progress.last_run);
      if (progress.returns == 0) {
        return broken("no run of " + where + " ever returned, the last was on " +
                      process(run.process));
      }
      return broken("consume returned from " + where +
                    ", but no run of it had all its outputs acknowledged");
    }
    // A seek back behind the end of the drain leaves what is to be run again.
    if (partition.has_sought) return std::nullopt;
    if (is_behind(model, subscription)) {
      const Offset committed = partition.committed.value_or(0);
      return broken("lag of " + history_.partition_name(subscription.partition).text() + " is " +
                    std::to_string(log.end_offset() - committed) + " after the drain: committed " +
                    std::to_string(committed) + ", end " + std::to_string(log.end_offset()));
    }
    return std::nullopt;
  }
};

}  // namespace

std::optional<std::size_t> first_owed(const Model& model,
                                      const Expectations::Subscription& subscription) {
  const PartitionLog& log = model.log(subscription.partition);
  const GroupPartition& partition =
      model.group_partition(subscription.group, subscription.partition);
  for (std::size_t place = 0; place < log.size(); ++place) {
    const GroupPartition::Progress& progress = partition.look_at(place);
    if (progress.is_done) continue;
    if (model.is_excused(subscription.group, subscription.partition, place)) continue;
    // Who seeks stands at an offset of no leader epoch: of a log that was cut below it and has
    // grown past it since, the client cannot tell (KIP-320).
    if (partition.has_sought && log.is_excused(log[place].offset)) continue;
    if (progress.last_run == 0 && is_never_begun(model, subscription)) continue;
    return place;
  }
  return std::nullopt;
}

bool is_behind(const Model& model, const Expectations::Subscription& subscription) {
  const GroupPartition& partition =
      model.group_partition(subscription.group, subscription.partition);
  return partition.committed.value_or(0) < model.log(subscription.partition).end_offset() &&
         !is_never_begun(model, subscription);
}

std::unique_ptr<Checker> make_no_loss_checker(const History& history) {
  return std::make_unique<NoLoss>(history);
}

}  // namespace rookery::sim
