// admin.h
//
// Administrators' requests and responses, as typed values: groups, settings, deletion of records,
// access control. Names and meanings as in protocol.h.
#pragma once

#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>
#include <rookery/transport/acl_admin.h>
#include <rookery/transport/config_admin.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rookery::mock {

using MaybeError = std::optional<ErrorCode>;

struct DescribeGroupsRequest {
  std::vector<std::string> groups;
};
struct DescribeGroupsResponse {
  struct Member {
    std::string member_id;
    std::string group_instance_id;
    std::string client_id;
    std::string host;
    std::vector<TopicPartition> assignment;
  };
  struct Group {
    std::string name;
    MaybeError error;
    std::string state;  // "Dead": there is none
    std::vector<Member> members;
  };
  std::vector<Group> groups;
};
struct OffsetDeleteRequest {
  std::string group;
  std::vector<TopicPartition> partitions;
};
struct OffsetDeleteResponse {
  struct Partition {
    TopicPartition partition;
    MaybeError error;
  };
  MaybeError error;
  std::vector<Partition> partitions;
};

// Of those that the node coordinates.
struct ListGroupsRequest {};
struct ListGroupsResponse {
  struct Group {
    std::string name;
    std::string protocol_type;  // empty: nobody ever joined
    std::string state;
  };
  MaybeError error;
  std::vector<Group> groups;
};
struct DeleteGroupsRequest {
  std::vector<std::string> groups;
};
struct DeleteGroupsResponse {
  struct Group {
    std::string name;
    MaybeError error;
  };
  std::vector<Group> groups;
};

struct DeleteRecordsRequest {
  std::vector<TopicPartitionOffset> partitions;  // -1: up to the high watermark
};
struct DeleteRecordsResponse {
  struct Partition {
    TopicPartition partition;
    MaybeError error;
    Offset low_watermark = -1;
  };
  std::vector<Partition> partitions;
};

struct DescribeConfigsRequest {
  std::vector<ConfigResource> resources;
};
struct DescribeConfigsResponse {
  struct Resource {
    ConfigResource resource;
    MaybeError error;
    std::string message;
    std::vector<ConfigEntry> entries;
  };
  std::vector<Resource> resources;
};
struct AlterConfigsRequest {
  std::vector<ConfigValues> resources;
};
struct IncrementalAlterConfigsRequest {
  std::vector<ConfigChange> resources;
};
// Answers both.
struct AlterConfigsResponse {
  struct Resource {
    ConfigResource resource;
    MaybeError error;
    std::string message;
  };
  std::vector<Resource> resources;
};

struct DescribeAclsRequest {
  AclFilter filter;
};
struct DescribeAclsResponse {
  MaybeError error;
  std::vector<Acl> acls;
};
struct CreateAclsRequest {
  std::vector<Acl> acls;
};
struct CreateAclsResponse {
  struct Result {
    MaybeError error;
    std::string message;
  };
  std::vector<Result> results;  // in the order of the question
};
struct DeleteAclsRequest {
  std::vector<AclFilter> filters;
};
struct DeleteAclsResponse {
  struct Result {
    MaybeError error;
    std::vector<Acl> acls;  // what is gone
  };
  std::vector<Result> results;  // in the order of the question
};

}  // namespace rookery::mock
