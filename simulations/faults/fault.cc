// fault.cc
//
// The catalogue in words.

#include "simulations/faults/fault.h"

#include <array>

#include "simulations/network/apis.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;

constexpr std::array<const char*, kFaultKinds> kNames = {"broker_restart",
                                                         "leader_move",
                                                         "coordinator_move",
                                                         "latency_storm",
                                                         "connection_loss",
                                                         "partition",
                                                         "slow_broker",
                                                         "request_errors",
                                                         "process_crash",
                                                         "process_pause",
                                                         "process_long_pause",
                                                         "throwing_handler",
                                                         "slow_handler",
                                                         "hanging_handler",
                                                         "broker_pause",
                                                         "rolling_restart",
                                                         "controller_move",
                                                         "controller_absence",
                                                         "clog",
                                                         "swizzle",
                                                         "reset_before_sending",
                                                         "reset_after_sending",
                                                         "reset_before_answer",
                                                         "held_answers",
                                                         "late_answers",
                                                         "swallowed_answers",
                                                         "api_errors",
                                                         "throttling",
                                                         "clock_jump",
                                                         "clock_drift",
                                                         "topic_deletion",
                                                         "retention",
                                                         "rolling_deploy",
                                                         "scale_up",
                                                         "scale_down",
                                                         "partition_growth",
                                                         "replication_lag",
                                                         "power_loss",
                                                         "isolation",
                                                         "unclean_election"};

std::string seconds_text(Duration duration) {
  const auto ms = std::chrono::duration_cast<milliseconds>(duration).count();
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 != 0) text += "." + std::to_string(1000 + ms % 1000).substr(1);
  return text + " s";
}

const char* sign(const Fault& fault) { return fault.severity % 2 == 1 ? "-" : "+"; }

}  // namespace

const char* name(FaultKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

// allow(function-length): a table, the words of each kind
std::string text(const Fault& fault) {
  std::string text = name(fault.kind);
  const std::string target = std::to_string(fault.target);
  const std::string one_in = ", one in " + std::to_string(fault.severity);
  const std::string up_to = ", up to " + std::to_string(fault.extent) + " ms";
  switch (fault.kind) {
    case FaultKind::kBrokerRestart:
      text += " of node " + target + (fault.severity != 0 ? " (in order)" : " (crash)");
      break;
    case FaultKind::kLeaderMove:
    case FaultKind::kCoordinatorMove:
    case FaultKind::kControllerMove:
      text += " to node " + std::to_string(fault.severity);
      break;
    case FaultKind::kLatencyStorm:
      text += one_in + " messages" + up_to;
      break;
    case FaultKind::kConnectionLoss:
    case FaultKind::kRequestErrors:
    case FaultKind::kResetBeforeSending:
    case FaultKind::kResetAfterSending:
    case FaultKind::kResetBeforeAnswer:
      text += one_in + " requests";
      break;
    case FaultKind::kPartition: {
      text += " between server " + std::to_string(fault.target + 1) + " and nodes";
      for (std::uint32_t node = 0; node < 64; ++node) {
        if ((fault.severity >> node) & 1U) text += " " + std::to_string(node);
      }
      constexpr std::array kDirections = {", both ways", ", to the nodes", ", from the nodes"};
      text += kDirections[fault.extent % kDirections.size()];
      break;
    }
    case FaultKind::kSlowBroker:
      text += ", node " + target + " by " + std::to_string(fault.extent) + " ms";
      break;
    case FaultKind::kProcessRestart:
    case FaultKind::kProcessPause:
    case FaultKind::kLongPause:
    case FaultKind::kHangingHandler:
    case FaultKind::kScaleDown:
      text += " of server " + std::to_string(fault.target + 1);
      break;
    case FaultKind::kThrowingHandler:
      text += one_in + " records, " + std::to_string(fault.extent) + " times each";
      break;
    case FaultKind::kSlowHandler:
      text += one_in + " records, by " + std::to_string(fault.extent) + " ms";
      break;
    case FaultKind::kBrokerPause:
    case FaultKind::kPowerLoss:
    case FaultKind::kIsolation:
      text += " of node " + target;
      break;
    case FaultKind::kRollingRestart:
    case FaultKind::kRollingDeploy:
      text += ", each down for " + std::to_string(fault.extent) + " ms";
      break;
    case FaultKind::kClog:
      text +=
          (fault.severity % 2 == 0 ? " of all that goes to node " : " of all from node ") + target;
      break;
    case FaultKind::kSwizzle:
      text += " of " + std::to_string(fault.extent) + " links";
      break;
    case FaultKind::kHeldAnswers:
    case FaultKind::kSwallowedAnswers:
      text += one_in + " answers";
      break;
    case FaultKind::kLateAnswers:
    case FaultKind::kThrottling:
      text += one_in + " answers" + up_to;
      break;
    case FaultKind::kApiErrors:
      text += " of " + std::string(faulty_api_name(fault.target)) + one_in + " requests";
      break;
    case FaultKind::kClockJump:
      text += " of server or node " + target + " by " + sign(fault) + std::to_string(fault.extent) +
              " ms";
      break;
    case FaultKind::kClockDrift:
      text += " of server or node " + target + " by " + sign(fault) + std::to_string(fault.extent) +
              " ppm";
      break;
    case FaultKind::kRetention:
      text += " of " + std::to_string(fault.extent) + " % of a partition";
      break;
    case FaultKind::kPartitionGrowth:
      text += " by " + std::to_string(fault.extent);
      break;
    case FaultKind::kReplicationLag:
      text += " of node " + target;
      text += fault.severity != 0 ? ", cut off" : " by " + std::to_string(fault.extent) + " ms";
      break;
    case FaultKind::kControllerAbsence:
    case FaultKind::kTopicDeletion:
    case FaultKind::kScaleUp:
    case FaultKind::kUncleanElection:
      break;
  }
  if (fault.duration > Duration::zero()) text += " for " + seconds_text(fault.duration);
  return text;
}

}  // namespace rookery::sim
