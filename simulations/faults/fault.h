// fault.h
//
// Faults as data: what goes wrong, when, for how long, to whom and how badly.
//
// A run's faults are drawn from its tape before anything happens. Which kinds are on, and how hard,
// is drawn for each run (swarm testing): runs with few kinds reach states that runs with all never
// do. Light enough for users' tests.
#pragma once

#include <rookery/runtime/time_types.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace rookery::sim {

class Tape;

// Their numbers enter replay lines: add at the end only.
enum class FaultKind : std::uint8_t {
  kBrokerRestart,    // crash or orderly stop, and start
  kLeaderMove,       // of one partition
  kCoordinatorMove,  // of one group
  kLatencyStorm,     // some messages take long
  kConnectionLoss,   // connections break now and then
  kPartition,        // a process cannot reach some nodes, or they cannot reach it
  kSlowBroker,       // its answers take long
  kRequestErrors,    // brokers refuse requests with errors that are to be retried
  kProcessRestart,   // crash, and start
  kProcessPause,     // shorter than the session timeout
  kLongPause,        // longer than the session timeout
  kThrowingHandler,  // user code throws for some records, some times each
  kSlowHandler,      // user code takes long for some records
  kHangingHandler,   // user code never returns from one record
};
inline constexpr std::size_t kFaultKinds = 14;

// "broker_restart"
const char* name(FaultKind kind);

class FaultSet {
 public:
  constexpr FaultSet() = default;
  constexpr FaultSet(std::initializer_list<FaultKind> kinds) {
    for (FaultKind kind : kinds) bits_ |= bit(kind);
  }
  static constexpr FaultSet all() {
    FaultSet set;
    set.bits_ = (1U << kFaultKinds) - 1;
    return set;
  }

  constexpr bool contains(FaultKind kind) const { return (bits_ & bit(kind)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr FaultSet without(FaultSet others) const {
    FaultSet set = *this;
    set.bits_ &= ~others.bits_;
    return set;
  }
  constexpr void insert(FaultKind kind) { bits_ |= bit(kind); }

 private:
  static constexpr std::uint32_t bit(FaultKind kind) {
    return 1U << static_cast<std::uint32_t>(kind);
  }
  std::uint32_t bits_ = 0;
};

struct Fault {
  FaultKind kind = FaultKind::kBrokerRestart;
  Duration at{0};  // since the run began
  Duration duration{0};
  // A node, a server or a choice among partitions, taken modulo what there is.
  std::uint32_t target = 0;
  // kBrokerRestart: in order? kLeaderMove, kCoordinatorMove: to which node. kConnectionLoss,
  // kRequestErrors, kLatencyStorm: one in so many. kPartition: a bit for each node.
  // kThrowingHandler, kSlowHandler: one record in so many.
  std::uint64_t severity = 0;
  // kPartition: 0 both directions, 1 to the nodes, 2 from them. kThrowingHandler: how many attempts
  // fail; the work is done before they do when it is odd. kLatencyStorm, kSlowBroker, kSlowHandler:
  // milliseconds.
  std::uint64_t extent = 0;
};

// "broker_restart of node 2 for 3.5 s"
std::string text(const Fault& fault);

struct FaultBounds {
  int nodes = 3;
  int servers = 3;
  Duration from{0};   // no fault begins earlier
  Duration until{0};  // all are over
  Duration session_timeout{0};
};

// In order of their beginning. A draw of zeros gives none.
std::vector<Fault> draw_faults(Tape& tape, FaultSet allowed, const FaultBounds& bounds);

}  // namespace rookery::sim
