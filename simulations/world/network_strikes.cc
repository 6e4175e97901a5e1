// network_strikes.cc
//
// What befalls messages on their way.

#include <algorithm>
#include <chrono>
#include <utility>

#include "simulations/world/strike.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;

using Counter = std::uint64_t (*)(const NetworkCounts&);

// A change of the network's profile. It takes effect when what it makes happen is counted.
class ProfileStrike final : public Strike {
 public:
  ProfileStrike(StrikeZone& zone, std::size_t index, FaultKind kind,
                StrikeZone::ProfileChange change, Counter counter)
      : zone_(zone), index_(index), kind_(kind), change_(std::move(change)), counter_(counter) {}

  bool begin() override {
    before_ = counter_(zone_.stage.network.counts());
    zone_.change_profile(index_, change_);
    return true;
  }
  void end() override {
    after_ = counter_(zone_.stage.network.counts());
    zone_.restore_profile(index_);
    // What only the end of the fault can end.
    if (kind_ == FaultKind::kHeldAnswers) zone_.stage.network.release_held_answers();
    if (kind_ == FaultKind::kSwallowedAnswers) zone_.stage.network.close_silent_connections();
  }
  bool is_effective() const override { return after_ > before_; }

 private:
  StrikeZone& zone_;
  const std::size_t index_;
  const FaultKind kind_;
  const StrikeZone::ProfileChange change_;
  const Counter counter_;
  std::uint64_t before_ = 0;
  std::uint64_t after_ = 0;
};

// Links that are blocked together.
class BlockStrike : public Strike {
 public:
  BlockStrike(StrikeZone& zone, const Fault& fault) : zone_(zone), fault_(fault) {}

  void end() override {
    for (std::size_t i = 0; i < links_.size(); ++i) free(i);
  }
  bool is_effective() const override { return stalled_ > 0; }

 protected:
  void block(const Link& link) {
    links_.push_back({link, zone_.stage.network.stalled_on(link)});
    zone_.block(link);
  }
  // The i-th that was blocked.
  void free(std::size_t i) {
    if (i >= links_.size() || links_[i].is_free) return;
    links_[i].is_free = true;
    stalled_ += zone_.stage.network.stalled_on(links_[i].link) - links_[i].stalled_before;
    zone_.unblock(links_[i].link);
  }

  StrikeZone& zone_;
  const Fault fault_;

 private:
  struct Blocked {
    Link link;
    std::uint64_t stalled_before = 0;
    bool is_free = false;
  };
  std::vector<Blocked> links_;
  std::uint64_t stalled_ = 0;
};

// One process and some nodes.
class Partition final : public BlockStrike {
 public:
  using BlockStrike::BlockStrike;

  bool begin() override {
    const std::size_t target = fault_.target % (zone_.servers.size() + 1);
    process_ = zone_.producer.process();
    if (target < zone_.servers.size()) {
      if (!zone_.servers[target]->is_running()) return false;
      process_ = zone_.servers[target]->process();
    }
    for (NodeId node = 0; node < zone_.nodes; ++node) {
      if (((fault_.severity >> node) & 1U) == 0) continue;
      if (fault_.extent != 2) block({process_, node, Direction::kToNode});
      if (fault_.extent != 1) block({process_, node, Direction::kFromNode});
    }
    announce();
    tell(EventKind::kCutOff);
    return true;
  }
  void end() override {
    BlockStrike::end();
    tell(EventKind::kReachable);
  }

 private:
  void tell(EventKind kind) {
    const ProcessIndex index = zone_.stage.recorder.process_of(process_);
    if (index != kNone) zone_.stage.recorder.tell({.kind = kind, .process = index});
  }

  ProcessId process_ = kWorld;
};

// One direction of one node.
class Clog final : public BlockStrike {
 public:
  using BlockStrike::BlockStrike;

  bool begin() override {
    const auto direction = fault_.severity % 2 == 0 ? Direction::kToNode : Direction::kFromNode;
    block({kAnyProcess, zone_.node(fault_.target), direction});
    return true;
  }
};

// Links of nodes and directions, clogged one by one over the first half of the time, freed in
// another order over the second.
class Swizzle final : public BlockStrike {
 public:
  Swizzle(StrikeZone& zone, const Fault& fault) : BlockStrike(zone, fault) {
    for (NodeId node = 0; node < zone.nodes; ++node) {
      for (const Direction direction : {Direction::kToNode, Direction::kFromNode}) {
        order_.push_back({kAnyProcess, node, direction});
      }
    }
    shuffle(order_, fault.severity);
    order_.resize(std::min<std::size_t>(order_.size(), std::max<std::size_t>(1, fault.extent)));
    for (std::size_t i = 0; i < order_.size(); ++i) freed_.push_back(i);
    shuffle(freed_, ~fault.severity);
  }

  bool begin() override { return true; }
  std::vector<Duration> steps() const override {
    std::vector<Duration> steps;
    const auto count = static_cast<Duration::rep>(2 * order_.size());
    for (Duration::rep i = 0; i < count; ++i) steps.push_back(fault_.duration * i / count);
    return steps;
  }
  void step(std::size_t number) override {
    if (number < order_.size()) {
      block(order_[number]);
    } else {
      free(freed_[number - order_.size()]);
    }
  }

 private:
  // The order follows from the seed alone.
  template <class T>
  static void shuffle(std::vector<T>& all, std::uint64_t seed) {
    Tape dice = Tape::from_seed(seed);
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[dice.draw(i)]);
  }

  std::vector<Link> order_;
  std::vector<std::size_t> freed_;
};

std::uint64_t losses(const NetworkCounts& counts) {
  return counts.lost_before_sending + counts.lost_after_sending + counts.lost_before_answer;
}

struct ProfileFault {
  StrikeZone::ProfileChange change;
  Counter counter = nullptr;
};

ProfileFault profile_fault(const Fault& fault) {
  const std::uint64_t one_in = fault.severity;
  const Duration most = milliseconds(fault.extent);
  switch (fault.kind) {
    case FaultKind::kLatencyStorm:
      return {[=](NetworkProfile& profile) {
                profile.slow_one_in = one_in;
                profile.slow_most = most;
              },
              [](const NetworkCounts& counts) { return counts.slow_messages; }};
    case FaultKind::kConnectionLoss:
      return {[=](NetworkProfile& profile) { profile.loss_one_in = one_in; }, losses};
    case FaultKind::kResetBeforeSending:
      return {[=](NetworkProfile& profile) { profile.loss_before_sending_one_in = one_in; },
              [](const NetworkCounts& counts) { return counts.lost_before_sending; }};
    case FaultKind::kResetAfterSending:
      return {[=](NetworkProfile& profile) { profile.loss_after_sending_one_in = one_in; },
              [](const NetworkCounts& counts) { return counts.lost_after_sending; }};
    case FaultKind::kResetBeforeAnswer:
      return {[=](NetworkProfile& profile) { profile.loss_before_answer_one_in = one_in; },
              [](const NetworkCounts& counts) { return counts.lost_before_answer; }};
    case FaultKind::kRequestErrors:
      return {[=](NetworkProfile& profile) { profile.error_one_in = one_in; },
              [](const NetworkCounts& counts) { return counts.errors; }};
    case FaultKind::kApiErrors: {
      const ApiTrouble trouble{fault.target, fault.extent, one_in};
      return {[=](NetworkProfile& profile) { profile.api_troubles.push_back(trouble); },
              [](const NetworkCounts& counts) { return counts.api_errors; }};
    }
    case FaultKind::kHeldAnswers:
      return {[=](NetworkProfile& profile) { profile.held_one_in = one_in; },
              [](const NetworkCounts& counts) { return counts.held_answers; }};
    case FaultKind::kLateAnswers:
      return {[=](NetworkProfile& profile) {
                profile.late_one_in = one_in;
                profile.late_most = most;
              },
              [](const NetworkCounts& counts) { return counts.late_answers; }};
    case FaultKind::kSwallowedAnswers:
      return {[=](NetworkProfile& profile) { profile.swallowed_one_in = one_in; },
              [](const NetworkCounts& counts) { return counts.swallowed_answers; }};
    case FaultKind::kThrottling:
      return {[=](NetworkProfile& profile) {
                profile.throttle_one_in = one_in;
                profile.throttle_most = most;
              },
              [](const NetworkCounts& counts) { return counts.throttled; }};
    default:
      return {};
  }
}

}  // namespace

std::unique_ptr<Strike> make_network_strike(StrikeZone& zone, std::size_t index,
                                            const Fault& fault) {
  if (fault.kind == FaultKind::kPartition) return std::make_unique<Partition>(zone, fault);
  if (fault.kind == FaultKind::kClog) return std::make_unique<Clog>(zone, fault);
  if (fault.kind == FaultKind::kSwizzle) return std::make_unique<Swizzle>(zone, fault);
  ProfileFault found = profile_fault(fault);
  if (!found.change) return nullptr;
  return std::make_unique<ProfileStrike>(zone, index, fault.kind, std::move(found.change),
                                         found.counter);
}

}  // namespace rookery::sim
