// acls.h
//
// Access control lists: kept and told, and nobody is kept from anything by them.
//
// Sources: Kafka's AclControlManager, AclApis.
#pragma once

#include "mockbroker/cluster/core.h"

#include <set>

namespace rookery::mock {

class Acls {
 public:
  explicit Acls(Core& core) : core_(core) {}

  DescribeAclsResponse describe(const DescribeAclsRequest& request) const;
  CreateAclsResponse create(NodeId node, const CreateAclsRequest& request);
  DeleteAclsResponse remove(NodeId node, const DeleteAclsRequest& request);

 private:
  // Why the node cannot change them, if it cannot.
  MaybeError refusal(NodeId node) const;

  Core& core_;
  std::set<Acl> all_;
};

}  // namespace rookery::mock
