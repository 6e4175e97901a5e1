// acl_admin.cc
//
// Kafka's words, and what a filter matches.
#include <rookery/transport/acl_admin.h>

namespace rookery {
namespace {

template <class T>
bool is_it(const std::optional<T>& wanted, const T& value) {
  return !wanted || *wanted == value;
}

}  // namespace

std::string_view name(AclResourceKind kind) {
  switch (kind) {
    case AclResourceKind::kTopic:
      return "TOPIC";
    case AclResourceKind::kGroup:
      return "GROUP";
    case AclResourceKind::kCluster:
      return "CLUSTER";
    case AclResourceKind::kTransactionalId:
      return "TRANSACTIONAL_ID";
    case AclResourceKind::kUnknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

std::string_view name(AclPattern pattern) {
  return pattern == AclPattern::kLiteral ? "LITERAL" : "PREFIXED";
}

std::string_view name(AclOperation operation) {
  switch (operation) {
    case AclOperation::kAll:
      return "ALL";
    case AclOperation::kRead:
      return "READ";
    case AclOperation::kWrite:
      return "WRITE";
    case AclOperation::kCreate:
      return "CREATE";
    case AclOperation::kDelete:
      return "DELETE";
    case AclOperation::kAlter:
      return "ALTER";
    case AclOperation::kDescribe:
      return "DESCRIBE";
    case AclOperation::kClusterAction:
      return "CLUSTER_ACTION";
    case AclOperation::kDescribeConfigs:
      return "DESCRIBE_CONFIGS";
    case AclOperation::kAlterConfigs:
      return "ALTER_CONFIGS";
    case AclOperation::kIdempotentWrite:
      return "IDEMPOTENT_WRITE";
    case AclOperation::kUnknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

std::string_view name(AclPermission permission) {
  return permission == AclPermission::kAllow ? "ALLOW" : "DENY";
}

std::string Acl::text() const {
  std::string text(rookery::name(permission));
  text += " " + principal + " from " + host + ": ";
  text += rookery::name(operation);
  text += " of ";
  text += rookery::name(kind);
  text += " " + name + " (";
  text += rookery::name(pattern);
  return text + ")";
}

bool AclFilter::matches(const Acl& acl) const {
  return is_it(kind, acl.kind) && is_it(name, acl.name) && is_it(pattern, acl.pattern) &&
         is_it(principal, acl.principal) && is_it(host, acl.host) &&
         is_it(operation, acl.operation) && is_it(permission, acl.permission);
}

}  // namespace rookery
