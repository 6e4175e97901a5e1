// errors.cc
//
// The table of codes; everything it does not name is kUnknown, with librdkafka's own text.
#include <rookery/transport/librdkafka/errors.h>

namespace rookery::librdkafka {
namespace {

// allow(function-length): a table, one entry a code
ErrorCode code_of_broker_error(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return ErrorCode::kOffsetOutOfRange;
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      return ErrorCode::kCorruptMessage;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return ErrorCode::kUnknownTopicOrPartition;
    case RD_KAFKA_RESP_ERR__NOENT:  // DeleteRecords: none of the partitions has one
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
      return ErrorCode::kLeaderNotAvailable;
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
      return ErrorCode::kNotLeaderOrFollower;
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return ErrorCode::kRequestTimedOut;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return ErrorCode::kMessageTooLarge;
    case RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE:
      return ErrorCode::kOffsetMetadataTooLarge;
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
      return ErrorCode::kCoordinatorLoadInProgress;
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
      return ErrorCode::kCoordinatorNotAvailable;
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
      return ErrorCode::kNotCoordinator;
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return ErrorCode::kInvalidTopic;
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      return ErrorCode::kRecordListTooLarge;
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
      return ErrorCode::kNotEnoughReplicas;
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
      return ErrorCode::kNotEnoughReplicasAfterAppend;
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
      return ErrorCode::kIllegalGeneration;
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
      return ErrorCode::kInconsistentGroupProtocol;
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
      return ErrorCode::kUnknownMemberId;
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
      return ErrorCode::kInvalidSessionTimeout;
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
      return ErrorCode::kRebalanceInProgress;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return ErrorCode::kTopicAuthorizationFailed;
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return ErrorCode::kGroupAuthorizationFailed;
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return ErrorCode::kClusterAuthorizationFailed;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return ErrorCode::kTopicAlreadyExists;
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
      return ErrorCode::kInvalidPartitions;
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      return ErrorCode::kInvalidReplicationFactor;
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
      return ErrorCode::kInvalidConfig;
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
      return ErrorCode::kNotController;
    case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
      return ErrorCode::kInvalidRequest;
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
      return ErrorCode::kUnsupported;
    case RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER:
      return ErrorCode::kOutOfOrderSequenceNumber;
    case RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER:
      return ErrorCode::kDuplicateSequenceNumber;
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return ErrorCode::kInvalidProducerEpoch;
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
      return ErrorCode::kProducerFenced;
    case RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID:
      return ErrorCode::kUnknownProducerId;
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
      return ErrorCode::kFencedInstanceId;
    case RD_KAFKA_RESP_ERR_MEMBER_ID_REQUIRED:
      return ErrorCode::kMemberIdRequired;
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
      return ErrorCode::kFencedLeaderEpoch;
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
      return ErrorCode::kUnknownLeaderEpoch;
    case RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND:
      return ErrorCode::kGroupIdNotFound;
    case RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP:
    case RD_KAFKA_RESP_ERR_GROUP_SUBSCRIBED_TO_TOPIC:
      return ErrorCode::kNonEmptyGroup;
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return ErrorCode::kPolicyViolation;
    case RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
      return ErrorCode::kSecurityDisabled;
    case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
      return ErrorCode::kInvalidGroupId;
    default:
      return ErrorCode::kUnknown;
  }
}

}  // namespace

ErrorCode code_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__NODE_UPDATE:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
      return ErrorCode::kTransport;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    // What was purged at close: whether the brokers have it is not known.
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
      return ErrorCode::kTimedOut;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return ErrorCode::kQueueFull;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return ErrorCode::kUnknownTopicOrPartition;
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return ErrorCode::kInvalidArgument;
    case RD_KAFKA_RESP_ERR__STATE:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
      return ErrorCode::kState;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return ErrorCode::kSaslAuthenticationFailed;
    case RD_KAFKA_RESP_ERR__DESTROY:
      return ErrorCode::kClosed;
    case RD_KAFKA_RESP_ERR__FENCED:
      return ErrorCode::kProducerFenced;
    case RD_KAFKA_RESP_ERR__NO_OFFSET:
      return ErrorCode::kNoOffset;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return ErrorCode::kOffsetOutOfRange;
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
      return ErrorCode::kCoordinatorNotAvailable;
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
      return ErrorCode::kRevoked;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
      return ErrorCode::kCorruptMessage;
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
      return ErrorCode::kUnsupported;
    default:
      return code_of_broker_error(error);
  }
}

Error make_error(rd_kafka_resp_err_t error, const std::string& what) {
  return make_error(error, what, nullptr);
}

Error make_error(rd_kafka_resp_err_t error, const std::string& what, const char* text) {
  const ErrorCode code = code_of(error);
  std::string message = what;
  if (!message.empty()) message += ": ";
  message += (text != nullptr && *text != '\0') ? text : rd_kafka_err2str(error);
  return Error{.code = code,
               .message = std::move(message),
               .retriable = is_retriable(code),
               .fatal = error == RD_KAFKA_RESP_ERR__FATAL};
}

Error make_error(const rd_kafka_error_t* error, const std::string& what) {
  Error made = make_error(rd_kafka_error_code(error), what, rd_kafka_error_string(error));
  made.retriable = made.retriable || rd_kafka_error_is_retriable(error) != 0;
  made.fatal = made.fatal || rd_kafka_error_is_fatal(error) != 0;
  return made;
}

}  // namespace rookery::librdkafka
