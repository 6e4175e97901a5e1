// remaining_work.cc
//
// Asked several times a second of simulated time: what it looks at is there already.
#include "simulations/world/remaining_work.h"

#include <algorithm>
#include <set>

#include "mockbroker/cluster/inspection.h"

namespace rookery::sim {
namespace {

using std::chrono::seconds;

// Two commit intervals, and the time to find a leader.
constexpr Duration kNoticeMost = seconds(20);
// As long as a consumer may be busy with what it took before its log was cut.
constexpr Duration kGoBackMost = seconds(120);

}  // namespace

RemainingWork::RemainingWork(Stage& stage, const ClusterRecorder& recorder,
                             const ProducerProcess& producer, const Servers& servers,
                             const std::vector<std::string>& groups,
                             const std::vector<Expectations::Subscription>& subscriptions,
                             TimePoint healed_at)
    : stage_(stage),
      recorder_(recorder),
      producer_(producer),
      servers_(servers),
      groups_(groups),
      subscriptions_(subscriptions),
      healed_at_(healed_at) {}

Offset RemainingWork::committed(const Expectations::Subscription& subscription) const {
  const Model& model = stage_.judge.model();
  return model.group_partition(subscription.group, subscription.partition).committed.value_or(0);
}

Offset RemainingWork::end(const Expectations::Subscription& subscription) const {
  return stage_.judge.model().log(subscription.partition).end_offset();
}

TimelineOptions RemainingWork::first_behind() const {
  const Uninterrupted scope;
  for (const Expectations::Subscription& subscription : subscriptions_) {
    if (!is_behind(stage_.judge.model(), subscription)) continue;
    return {.partition = subscription.partition,
            .group = subscription.group,
            .offset = committed(subscription)};
  }
  return {};
}

std::string RemainingWork::text() const {
  const Uninterrupted scope;
  if (const auto failure = producer_.failure()) {
    return "the producer failed: " + *failure + "\n";
  }
  std::string text;
  if (!producer_.is_done()) {
    text += "the producer has " + std::to_string(producer_.acknowledged()) + " of " +
            std::to_string(producer_.planned()) + " records acknowledged\n";
  }
  for (const Expectations::Subscription& subscription : subscriptions_) {
    if (!is_behind(stage_.judge.model(), subscription)) continue;
    text += "lag of " + stage_.history.partition_name(subscription.partition).text() + ": " +
            std::to_string(end(subscription) - committed(subscription)) + " of " +
            std::to_string(end(subscription)) + "\n";
  }
  for (const std::string& name : groups_) text += text_of_group(name);
  return text;
}

std::string RemainingWork::text_of_group(const std::string& name) const {
  std::set<ProcessIndex> running;
  for (const std::unique_ptr<ServerProcess>& server : servers_) running.insert(server->index());
  const GroupView& group = stage_.judge.model().group(stage_.history.group(name));
  if (group.members != running) {
    return "generation " + std::to_string(group.generation) + " of group " + name + " has " +
           std::to_string(group.members.size()) + " members, " + std::to_string(running.size()) +
           " servers run\n";
  }
  // A commit waits behind a JoinGroup, and that for members which are not there any more.
  const mock::GroupState state = stage_.cluster.inspect().group(name).state;
  if (state == mock::GroupState::kStable) return "";
  return "group " + name + " is not stable: " + mock::name(state) + "\n";
}

// Where records were lost by right, what was committed before may lie beyond the end: that there is
// no lag means something only when consumers have had the time to notice, which they do not while
// all that they took before is being worked at.
bool RemainingWork::may_be_unaware() const {
  const Uninterrupted scope;
  if (!recorder_.has_lost_ends()) return false;
  const Duration healed_for = stage_.scheduler.time() - healed_at_;
  if (healed_for < kNoticeMost) return true;
  return std::any_of(subscriptions_.begin(), subscriptions_.end(),
                     [&](const Expectations::Subscription& subscription) {
                       if (first_owed(stage_.judge.model(), subscription)) return true;
                       return committed(subscription) > end(subscription) &&
                              healed_for < kGoBackMost;
                     });
}

}  // namespace rookery::sim
