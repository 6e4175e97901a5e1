// acl_admin.h
//
// Who may do what in a cluster: access control lists in Kafka's words (KIP-11, KIP-290).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rookery {

// kUnknown: the cluster has one that is not known here, as delegation tokens, or transactional ids
// where librdkafka is 2.0.2. It is told, and neither made nor looked for.
enum class AclResourceKind { kTopic, kGroup, kCluster, kTransactionalId, kUnknown };
// kPrefixed: of all resources whose names begin so (KIP-290). A literal "*" is all there are.
enum class AclPattern { kLiteral, kPrefixed };
enum class AclOperation {
  kAll,
  kRead,
  kWrite,
  kCreate,
  kDelete,
  kAlter,
  kDescribe,
  kClusterAction,
  kDescribeConfigs,
  kAlterConfigs,
  kIdempotentWrite,
  kUnknown,
};
enum class AclPermission { kAllow, kDeny };

// Kafka's spelling: "TRANSACTIONAL_ID", "PREFIXED", "DESCRIBE_CONFIGS", "ALLOW".
std::string_view name(AclResourceKind kind);
std::string_view name(AclPattern pattern);
std::string_view name(AclOperation operation);
std::string_view name(AclPermission permission);

struct Acl {
  AclResourceKind kind = AclResourceKind::kTopic;
  std::string name;  // of kCluster always "kafka-cluster"
  AclPattern pattern = AclPattern::kLiteral;
  std::string principal;  // "User:billing"; "User:*": everybody
  std::string host = "*";
  AclOperation operation = AclOperation::kRead;
  AclPermission permission = AclPermission::kAllow;

  // "ALLOW User:billing from *: READ of TOPIC orders (LITERAL)"
  std::string text() const;
  friend bool operator==(const Acl&, const Acl&) = default;
  friend auto operator<=>(const Acl&, const Acl&) = default;
  bool is_known() const {
    return kind != AclResourceKind::kUnknown && operation != AclOperation::kUnknown;
  }
};

// Of each field: equal to it, or none: any.
struct AclFilter {
  std::optional<AclResourceKind> kind;
  std::optional<std::string> name;
  std::optional<AclPattern> pattern;
  std::optional<std::string> principal;
  std::optional<std::string> host;
  std::optional<AclOperation> operation;
  std::optional<AclPermission> permission;

  bool matches(const Acl& acl) const;
  bool is_known() const {
    return kind != AclResourceKind::kUnknown && operation != AclOperation::kUnknown;
  }
};

}  // namespace rookery
