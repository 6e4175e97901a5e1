// acls.cc
//
// A set: what is there already is there once, whoever adds it again.
#include "mockbroker/cluster/acls.h"

namespace rookery::mock {
namespace {

CreateAclsResponse::Result refuse(const std::string& why) {
  return {.error = ErrorCode::kInvalidRequest, .message = why};
}

CreateAclsResponse::Result check(const Acl& acl) {
  if (!acl.is_known()) return refuse("UNKNOWN is neither a resource nor an operation");
  if (acl.name.empty()) return refuse("Invalid empty resource name");
  if (acl.kind == AclResourceKind::kCluster && acl.name != "kafka-cluster") {
    return refuse("The only valid name for the CLUSTER resource is kafka-cluster");
  }
  if (acl.principal.find(':') == std::string::npos) {
    return refuse("Could not parse principal from `" + acl.principal +
                  "` (no colon is present separating the principal type from the principal name)");
  }
  return {};
}

}  // namespace

MaybeError Acls::refusal(NodeId node) const {
  if (!core_.options.has_authorizer) return ErrorCode::kSecurityDisabled;
  if (node != core_.controller || core_.is_cut_off(node)) return ErrorCode::kNotController;
  return std::nullopt;
}

DescribeAclsResponse Acls::describe(const DescribeAclsRequest& request) const {
  DescribeAclsResponse response;
  if (!core_.options.has_authorizer) response.error = ErrorCode::kSecurityDisabled;
  if (!request.filter.is_known()) response.error = ErrorCode::kInvalidRequest;
  for (const Acl& acl : all_) {
    if (request.filter.matches(acl)) response.acls.push_back(acl);
  }
  return response;
}

CreateAclsResponse Acls::create(NodeId node, const CreateAclsRequest& request) {
  CreateAclsResponse response;
  const MaybeError refused = refusal(node);
  for (const Acl& acl : request.acls) {
    auto& answer = response.results.emplace_back();
    answer = refused ? CreateAclsResponse::Result{.error = refused, .message = {}} : check(acl);
    if (!answer.error) all_.insert(acl);
  }
  return response;
}

DeleteAclsResponse Acls::remove(NodeId node, const DeleteAclsRequest& request) {
  DeleteAclsResponse response;
  std::set<Acl> gone;
  const MaybeError refused = refusal(node);
  for (const AclFilter& filter : request.filters) {
    auto& answer = response.results.emplace_back();
    answer.error = refused;
    if (!refused && !filter.is_known()) answer.error = ErrorCode::kInvalidRequest;
    if (answer.error) continue;
    for (const Acl& acl : all_) {
      if (filter.matches(acl)) answer.acls.push_back(acl);
    }
    gone.insert(answer.acls.begin(), answer.acls.end());
  }
  for (const Acl& acl : gone) all_.erase(acl);
  return response;
}

}  // namespace rookery::mock
