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

  kBrokerPause,         // a node stands still, and goes on where it was
  kRollingRestart,      // of all nodes, one after the other, in order
  kControllerMove,      // to another node
  kControllerAbsence,   // nothing is elected, created or deleted meanwhile
  kClog,                // one direction of one node, for everybody
  kSwizzle,             // links clogged one by one, and freed in another order
  kResetBeforeSending,  // connections break, and the request has not arrived
  kResetAfterSending,   // the request has arrived
  kResetBeforeAnswer,   // it was worked at, and the answer is lost
  kHeldAnswers,         // some answers, and all behind them, come when it is over
  kLateAnswers,         // some answers take long
  kSwallowedAnswers,    // some answers never come, nor does what follows on their connection
  kApiErrors,           // brokers refuse one kind of requests
  kThrottling,          // brokers look away from a connection for a while (KIP-219)
  kClockJump,           // the wall clock of a server or a node
  kClockDrift,          // the same, by and by
  kTopicDeletion,       // of a topic that nobody reads or writes
  kRetention,           // takes records that a consumer has not read
  kRollingDeploy,       // of all servers, one after the other, in order
  kScaleUp,             // one server more, which leaves again
  kScaleDown,           // a server stops in order, and comes back

  kPartitionGrowth,  // of a topic that a group reads
  kReplicationLag,   // the replicas of a node fall behind their leaders
  kPowerLoss,        // a node's crash that takes what it had not flushed to its disk
  kIsolation,        // a node hears of no other node, and goes on leading what others lead by then
  kUncleanElection,  // of a replica that lags, when those in sync are down: it lacks records
};
inline constexpr std::size_t kFaultKinds = 40;

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
    set.bits_ = (std::uint64_t{1} << kFaultKinds) - 1;
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
  static_assert(kFaultKinds < 64);
  static constexpr std::uint64_t bit(FaultKind kind) {
    return std::uint64_t{1} << static_cast<std::uint32_t>(kind);
  }
  std::uint64_t bits_ = 0;
};

struct Fault {
  FaultKind kind = FaultKind::kBrokerRestart;
  Duration at{0};  // since the run began
  Duration duration{0};
  // A node, a server or a choice among partitions or groups, taken modulo what there is. Clocks:
  // servers, then nodes. kApiErrors: the api.
  std::uint32_t target = 0;
  // Of all that strikes by chance: one message, request, answer or record in so many.
  // kBrokerRestart: in order? Moves: to which node. kPartition: a bit for each node. kClog: 0 to
  // the node, 1 from it. kSwizzle: the seed of the order. kClockJump, kClockDrift: 1: backwards.
  // kReplicationLag: 1: cut off from all leaders. kUncleanElection: which replica lags.
  std::uint64_t severity = 0;
  // kPartition: 0 both directions, 1 to the nodes, 2 from them. kThrowingHandler: how many attempts
  // fail; the work is done before they do when it is odd. kSwizzle: how many links. kApiErrors:
  // which of the api's errors. kClockDrift: millionths. kRetention: the share of the log that goes,
  // in percent. kRollingRestart, kRollingDeploy: how long each is down, in milliseconds.
  // kPartitionGrowth: how many more. Whatever takes long: milliseconds.
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
