// error_response.cc
//
// One error, in every place a response has for it.
#include "mockbroker/protocol/error_response.h"

namespace rookery::mock {
namespace {

struct Refuse {
  ErrorCode error;

  Response operator()(const MetadataRequest& request) const {
    MetadataResponse response;
    if (request.topics) {
      for (const auto& topic : *request.topics) response.topics.push_back({topic, error, {}});
    }
    return response;
  }
  Response operator()(const FindCoordinatorRequest&) const {
    return FindCoordinatorResponse{.error = error};
  }
  Response operator()(const ProduceRequest& request) const {
    return each(ProduceResponse(), request.partitions);
  }
  Response operator()(const FetchRequest& request) const {
    return each(FetchResponse(), request.partitions);
  }
  Response operator()(const ListOffsetsRequest& request) const {
    return each(ListOffsetsResponse(), request.partitions);
  }
  Response operator()(const InitProducerIdRequest&) const {
    return InitProducerIdResponse{.error = error};
  }
  Response operator()(const JoinGroupRequest& request) const {
    return JoinGroupResponse{.error = error, .member_id = request.member_id};
  }
  Response operator()(const SyncGroupRequest&) const { return SyncGroupResponse{.error = error}; }
  Response operator()(const HeartbeatRequest&) const { return HeartbeatResponse{error}; }
  Response operator()(const LeaveGroupRequest&) const { return LeaveGroupResponse{error}; }
  Response operator()(const OffsetCommitRequest& request) const {
    return each(OffsetCommitResponse(), request.partitions);
  }
  Response operator()(const OffsetFetchRequest&) const {
    return OffsetFetchResponse{.error = error};
  }
  Response operator()(const CreateTopicsRequest& request) const {
    TopicsResponse response;
    for (const auto& topic : request.topics) response.topics.push_back({topic.name, error, {}});
    return response;
  }
  Response operator()(const DeleteTopicsRequest& request) const {
    TopicsResponse response;
    for (const auto& topic : request.topics) response.topics.push_back({topic, error, {}});
    return response;
  }
  Response operator()(const OffsetsForLeaderEpochRequest& request) const {
    return each(OffsetsForLeaderEpochResponse(), request.partitions);
  }
  Response operator()(const CreatePartitionsRequest& request) const {
    TopicsResponse response;
    for (const auto& topic : request.topics) response.topics.push_back({topic.name, error, {}});
    return response;
  }
  Response operator()(const DescribeGroupsRequest& request) const {
    DescribeGroupsResponse response;
    for (const auto& group : request.groups) response.groups.push_back({group, error, {}, {}});
    return response;
  }
  Response operator()(const OffsetDeleteRequest&) const {
    return OffsetDeleteResponse{.error = error};
  }
  Response operator()(const ListGroupsRequest&) const { return ListGroupsResponse{.error = error}; }
  Response operator()(const DeleteGroupsRequest& request) const {
    DeleteGroupsResponse response;
    for (const auto& group : request.groups) response.groups.push_back({group, error});
    return response;
  }
  Response operator()(const DeleteRecordsRequest& request) const {
    return each(DeleteRecordsResponse(), request.partitions);
  }
  Response operator()(const DescribeConfigsRequest& request) const {
    DescribeConfigsResponse response;
    for (const auto& one : request.resources) response.resources.push_back({one, error, {}, {}});
    return response;
  }
  Response operator()(const AlterConfigsRequest& request) const { return altered(request); }
  Response operator()(const IncrementalAlterConfigsRequest& request) const {
    return altered(request);
  }
  Response operator()(const DescribeAclsRequest&) const {
    return DescribeAclsResponse{.error = error};
  }
  Response operator()(const CreateAclsRequest& request) const {
    CreateAclsResponse response;
    response.results.resize(request.acls.size(), {error, {}});
    return response;
  }
  Response operator()(const DeleteAclsRequest& request) const {
    DeleteAclsResponse response;
    response.results.resize(request.filters.size(), {error, {}});
    return response;
  }

 private:
  template <class Asked>
  Response altered(const Asked& request) const {
    AlterConfigsResponse response;
    for (const auto& one : request.resources)
      response.resources.push_back({one.resource, error, {}});
    return response;
  }
  template <class R, class Asked>
  R each(R response, const std::vector<Asked>& asked) const {
    for (const auto& partition : asked) {
      auto& answer = response.partitions.emplace_back();
      answer.partition = partition.partition;
      answer.error = error;
    }
    return response;
  }
};

}  // namespace

Response error_response(const Request& request, ErrorCode error) {
  return std::visit(Refuse{error}, request);
}

}  // namespace rookery::mock
