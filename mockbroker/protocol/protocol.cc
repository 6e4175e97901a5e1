// protocol.cc
//
// Names of the requests.
#include "mockbroker/protocol/protocol.h"

#include <array>

namespace rookery::mock {

const char* api_name(const Request& request) {
  static constexpr std::array<const char*, std::variant_size_v<Request>> kNames = {
      "Metadata",
      "FindCoordinator",
      "Produce",
      "Fetch",
      "ListOffsets",
      "InitProducerId",
      "JoinGroup",
      "SyncGroup",
      "Heartbeat",
      "LeaveGroup",
      "OffsetCommit",
      "OffsetFetch",
      "CreateTopics",
      "DeleteTopics",
      "OffsetsForLeaderEpoch",
      "CreatePartitions",
      "DescribeGroups",
      "OffsetDelete",
      "ListGroups",
      "DeleteGroups",
      "DeleteRecords",
      "DescribeConfigs",
      "AlterConfigs",
      "IncrementalAlterConfigs",
      "DescribeAcls",
      "CreateAcls",
      "DeleteAcls"};
  return kNames[request.index()];
}

}  // namespace rookery::mock
