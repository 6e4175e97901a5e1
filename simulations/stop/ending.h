// ending.h
//
// Who stops a server, in the middle of what, and what is right then.
#pragma once

#include <rookery/processing/server.h>
#include <rookery/runtime/time_types.h>

#include <chrono>
#include <string>
#include <vector>

namespace rookery::stopping {

// Who calls stop().
enum class From {
  kConsumer,        // consume()
  kListener,        // a monitor's listener
  kRebalanceHook,   // initialized() of a partition that came, or revoked() of one that goes
  kDeliveryReport,  // a producer's delivery handler
  kSignal,          // the thread that waits for signals; on real threads only
  kDestructor,      // nobody: the server is destroyed
  kOtherThread,
};
const char* name(From from);

// In the middle of what.
enum class During {
  kCalm,
  kJoin,        // a join waits for a member that keeps what it should give back
  kRevocation,  // a consumer has not returned from a partition that is being revoked
  kSilence,     // connections stay, no broker answers
  kCrash,       // every broker is gone
};
const char* name(During during);

struct Ended {
  ExitCode code = ExitCode::kClean;  // not told by a destructor
  Duration taken{};     // from the stop's order to the end of wait(), or of the destructor
  bool lasted = false;  // what it is in the middle of, as the server saw it when it was stopped
  std::vector<std::string> wrong;  // of the clients beside it, and of what was committed
};

// The limits of a server in a scene, added up: for running work (2 s), the last commits, leaving
// the groups, the workers and the producer (5 s each).
inline constexpr Duration kBound = std::chrono::seconds(2 + 4 * 5);

// What is not as it should be; none: all is well.
//
// A server ends in order (0) while brokers answer: a join or a revocation under way is no reason
// not to. It is forced (2) when none answers: the last outputs are not acknowledged, what is done
// cannot be committed, and the groups not be left.
struct Judging {
  From from = From::kConsumer;
  During during = During::kCalm;
  bool is_time_virtual = false;  // how fast a machine is proves nothing
  bool may_be_late = false;      // it may end in order, or be forced
};
std::vector<std::string> wrongs(const Ended& ended, const Judging& judging);

}  // namespace rookery::stopping
