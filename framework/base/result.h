// result.h
//
// Errors as values. A call that can fail for reasons of the world answers Result<T>; exceptions are
// left to user code.
//
//   Result<int> parsed = parse(text);
//   if (!parsed) return fail(ErrorCode::kInvalidArgument, "port: not a number: 'x'");
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace rookery {

// What went wrong, in Kafka's words where Kafka has one (its protocol's error names), else ours.
// Names and meaning: https://kafka.apache.org/protocol#protocol_error_codes
enum class ErrorCode {
  // Ours.
  kInvalidArgument,  // the caller's mistake
  kTimedOut,         // our deadline ended first; the outcome may be unknown
  kTransport,        // a connection failed, or no broker could be reached
  kQueueFull,        // the producer's buffer is full: try again later
  kClosed,           // the object was closed, or is closing
  kRevoked,          // the partition is no longer ours
  kState,            // not possible in the present state
  kIo,               // a file or device failed
  kUnsupported,      // this version of the library or broker cannot do it
  kUserCode,         // user code threw
  kUnknown,
  // Kafka's.
  kOffsetOutOfRange,
  kCorruptMessage,
  kUnknownTopicOrPartition,
  kLeaderNotAvailable,
  kNotLeaderOrFollower,
  kRequestTimedOut,
  kMessageTooLarge,
  kOffsetMetadataTooLarge,
  kCoordinatorLoadInProgress,
  kCoordinatorNotAvailable,
  kNotCoordinator,
  kInvalidTopic,
  kRecordListTooLarge,
  kNotEnoughReplicas,
  kNotEnoughReplicasAfterAppend,
  kIllegalGeneration,
  kInconsistentGroupProtocol,
  kUnknownMemberId,
  kInvalidSessionTimeout,
  kRebalanceInProgress,
  kTopicAuthorizationFailed,
  kGroupAuthorizationFailed,
  kClusterAuthorizationFailed,
  kTopicAlreadyExists,
  kInvalidPartitions,
  kInvalidReplicationFactor,
  kInvalidConfig,
  kNotController,
  kInvalidRequest,
  kOutOfOrderSequenceNumber,
  kDuplicateSequenceNumber,
  kInvalidProducerEpoch,
  kProducerFenced,
  kUnknownProducerId,
  kFencedInstanceId,
  kMemberIdRequired,
  kFencedLeaderEpoch,
  kUnknownLeaderEpoch,
  kGroupIdNotFound,
  kInvalidGroupId,
  kInvalidRecord,
  kInvalidRequiredAcks,
  kInvalidTimestamp,
  kNonEmptyGroup,
  kPolicyViolation,
  kSecurityDisabled,
  kSaslAuthenticationFailed,
  kNoOffset,
};

// Kafka's spelling for its own codes ("NOT_LEADER_OR_FOLLOWER"), the same style for ours
// ("TIMED_OUT").
std::string_view name(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kUnknown;
  std::string message;     // says what and where; readable alone
  bool retriable = false;  // the same call may succeed later
  bool fatal = false;      // the client that gave it can never work again

  // "NOT_LEADER_OR_FOLLOWER: orders.v1-3: ..."
  std::string text() const;
};

// Whether Kafka's protocol marks the code as retriable (ours: transport, timed out, queue full).
bool is_retriable(ErrorCode code);

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// `retriable` follows the code.
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(
      Error{.code = code, .message = std::move(message), .retriable = is_retriable(code)});
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace rookery
