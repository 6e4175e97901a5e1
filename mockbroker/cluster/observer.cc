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
    case RemovalReason::kDeleteRecords:
      return "DeleteRecords";
  }
  return "unknown";
}

const char* name(LossReason reason) {
  switch (reason) {
    case LossReason::kNotReplicated:
      return "never replicated";
    case LossReason::kUncleanElection:
      return "unclean election";
    case LossReason::kNotFlushed:
      return "power was lost before they were on disk";
  }
  return "unknown";
}

const char* name(TruncationReason reason) {
  switch (reason) {
    case TruncationReason::kFollows:
      return "its leader does not have it";
    case TruncationReason::kNotFlushed:
      return "its node lost power";
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
