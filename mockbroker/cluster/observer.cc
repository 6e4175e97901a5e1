// observer.cc
//
// Words for reasons.
#include "mockbroker/cluster/observer.h"

namespace rookery::mock {

const char* name(RemovalReason reason) {
  switch (reason) {
    case RemovalReason::kRetentionTime:
      return "retention.ms";
    case RemovalReason::kRetentionSize:
      return "retention.bytes";
  }
  return "unknown";
}

const char* name(MemberRemoval why) {
  switch (why) {
    case MemberRemoval::kLeft:
      return "left";
    case MemberRemoval::kSessionExpired:
      return "session expired";
    case MemberRemoval::kDidNotRejoin:
      return "did not rejoin";
    case MemberRemoval::kDidNotSync:
      return "did not sync";
    case MemberRemoval::kReplaced:
      return "replaced by its new incarnation";
    case MemberRemoval::kForgotten:
      return "forgotten by a coordinator move";
  }
  return "unknown";
}

}  // namespace rookery::mock
