// admin_acls.cc
//
// Access control lists: one call for all of them, whose answers come in the order of the question.
#include <rookery/transport/librdkafka/admin.h>

#include <rookery/transport/librdkafka/admin_calls.h>
#include <rookery/transport/librdkafka/errors.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rookery::librdkafka {
namespace {

// The library's numbers are the protocol's, but it names no transactional ids before it knows them.
constexpr int kFirstKind = RD_KAFKA_RESOURCE_TOPIC;
constexpr int kFirstPattern = RD_KAFKA_RESOURCE_PATTERN_LITERAL;
constexpr int kFirstOperation = RD_KAFKA_ACL_OPERATION_ALL;
static_assert(RD_KAFKA_RESOURCE_GROUP == kFirstKind + static_cast<int>(AclResourceKind::kGroup));
static_assert(RD_KAFKA_RESOURCE_BROKER ==  // the protocol's CLUSTER
              kFirstKind + static_cast<int>(AclResourceKind::kCluster));
static_assert(RD_KAFKA_RESOURCE_PATTERN_PREFIXED ==
              kFirstPattern + static_cast<int>(AclPattern::kPrefixed));
static_assert(RD_KAFKA_ACL_OPERATION_DESCRIBE ==
              kFirstOperation + static_cast<int>(AclOperation::kDescribe));
static_assert(RD_KAFKA_ACL_OPERATION_IDEMPOTENT_WRITE ==
              kFirstOperation + static_cast<int>(AclOperation::kIdempotentWrite));

auto raw(AclResourceKind kind) {
  return static_cast<rd_kafka_ResourceType_t>(kFirstKind + static_cast<int>(kind));
}
auto raw(AclPattern pattern) {
  return static_cast<rd_kafka_ResourcePatternType_t>(kFirstPattern + static_cast<int>(pattern));
}
auto raw(AclOperation operation) {
  return static_cast<rd_kafka_AclOperation_t>(kFirstOperation + static_cast<int>(operation));
}
auto raw(AclPermission permission) {
  return permission == AclPermission::kAllow ? RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW
                                             : RD_KAFKA_ACL_PERMISSION_TYPE_DENY;
}

template <class T, class Raw>
Raw raw_or(const std::optional<T>& value, Raw any) {
  return value ? raw(*value) : any;
}
const char* text_or_null(const std::optional<std::string>& text) {
  return text ? text->c_str() : nullptr;
}

// From `first` on in the order of the enumeration, whose last is for all others.
template <class T>
T known_or(int raw, int first, T unknown) {
  const int at = raw - first;
  return at >= 0 && at < static_cast<int>(unknown) ? static_cast<T>(at) : unknown;
}

Acl acl_of(const rd_kafka_AclBinding_t* found) {
  return {
      .kind = known_or(rd_kafka_AclBinding_restype(found), kFirstKind, AclResourceKind::kUnknown),
      .name = rd_kafka_AclBinding_name(found),
      .pattern =
          static_cast<AclPattern>(rd_kafka_AclBinding_resource_pattern_type(found) - kFirstPattern),
      .principal = rd_kafka_AclBinding_principal(found),
      .host = rd_kafka_AclBinding_host(found),
      .operation =
          known_or(rd_kafka_AclBinding_operation(found), kFirstOperation, AclOperation::kUnknown),
      .permission = rd_kafka_AclBinding_permission_type(found) == RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW
                        ? AclPermission::kAllow
                        : AclPermission::kDeny};
}

std::vector<Acl> acls_of(const rd_kafka_AclBinding_t** found, std::size_t count) {
  std::vector<Acl> acls;
  for (std::size_t i = 0; i < count; ++i) acls.push_back(acl_of(found[i]));
  std::sort(acls.begin(), acls.end());
  return acls;
}

Error unknown_error(const std::string& what) {
  return {.code = ErrorCode::kInvalidRequest,
          .message = what + ": what is not known here is neither made nor looked for"};
}

Result<AclHandle> binding_of(const Acl& acl) {
  if (!acl.is_known()) return fail(unknown_error(acl.text()));
  std::array<char, 256> text{};
  AclHandle binding(rd_kafka_AclBinding_new(
      raw(acl.kind), acl.name.c_str(), raw(acl.pattern), acl.principal.c_str(), acl.host.c_str(),
      raw(acl.operation), raw(acl.permission), text.data(), text.size()));
  if (binding) return binding;
  if (acl.kind == AclResourceKind::kTransactionalId) {
    return fail(ErrorCode::kUnsupported, acl.text() + ": librdkafka " + rd_kafka_version_str() +
                                             " knows no transactional ids here");
  }
  return fail(ErrorCode::kInvalidRequest, acl.text() + ": " + text.data());
}

Result<AclHandle> binding_of(const AclFilter& filter) {
  if (!filter.is_known()) return fail(unknown_error("access control"));
  std::array<char, 256> text{};
  AclHandle binding(rd_kafka_AclBindingFilter_new(
      raw_or(filter.kind, RD_KAFKA_RESOURCE_ANY), text_or_null(filter.name),
      raw_or(filter.pattern, RD_KAFKA_RESOURCE_PATTERN_ANY), text_or_null(filter.principal),
      text_or_null(filter.host), raw_or(filter.operation, RD_KAFKA_ACL_OPERATION_ANY),
      raw_or(filter.permission, RD_KAFKA_ACL_PERMISSION_TYPE_ANY), text.data(), text.size()));
  if (binding) return binding;
  if (filter.kind == AclResourceKind::kTransactionalId) {
    return fail(ErrorCode::kUnsupported, std::string("access control: librdkafka ") +
                                             rd_kafka_version_str() +
                                             " knows no transactional ids here");
  }
  return fail(ErrorCode::kInvalidRequest, std::string("access control: ") + text.data());
}

// A library's error of one answer among several, by what it is about.
std::optional<Error> error_of(const rd_kafka_error_t* error, const std::string& what) {
  return error == nullptr ? std::nullopt : std::optional(make_error(error, what));
}

// What was asked and can be, in order.
template <class Asked>
struct Questions {
  std::vector<AclHandle> owners;
  std::vector<rd_kafka_AclBinding_t*> sent;
  std::vector<std::size_t> places;
  std::vector<std::optional<Error>> errors;

  explicit Questions(const std::vector<Asked>& asked) : errors(asked.size()) {
    for (std::size_t i = 0; i < asked.size(); ++i) {
      Result<AclHandle> binding = binding_of(asked[i]);
      if (!binding) {
        errors[i] = binding.error();
        continue;
      }
      places.push_back(i);
      sent.push_back(owners.emplace_back(std::move(*binding)).get());
    }
  }
  // What went wrong with all of them.
  void fail_all(const std::optional<Error>& error) {
    for (const std::size_t i : places) {
      if (error) errors[i] = error;
    }
  }
};

}  // namespace

std::vector<Status> Admin::create_acls(const std::vector<Acl>& acls, TimePoint deadline) {
  AdminCall call(line_);
  Questions<Acl> asked(acls);
  const auto errors = call_each(
      call, RD_KAFKA_ADMIN_OP_CREATEACLS, {"create access control"}, {!asked.sent.empty()},
      deadline,
      [&](std::size_t, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
        rd_kafka_CreateAcls(call.client(), asked.sent.data(), asked.sent.size(), options, to);
      },
      [&](std::size_t, rd_kafka_event_t* event) -> std::optional<Error> {
        std::size_t count = 0;
        const rd_kafka_acl_result_t** results =
            rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event), &count);
        if (count != asked.sent.size()) return Error{.message = "create access control: answers"};
        std::optional<Error> again;
        for (std::size_t at = 0; at < count; ++at) {
          const std::size_t i = asked.places[at];
          asked.errors[i] = error_of(rd_kafka_acl_result_error(results[at]), acls[i].text());
          if (asked.errors[i] && is_to_be_repeated(*asked.errors[i])) again = asked.errors[i];
        }
        return again;  // those that are there already are created again without harm
      });
  asked.fail_all(errors[0]);
  std::vector<Status> statuses;
  for (const auto& error : asked.errors)
    statuses.push_back(error ? Status(fail(*error)) : Status());
  return statuses;
}

Result<std::vector<Acl>> Admin::acls(const AclFilter& filter, TimePoint deadline) {
  const Result<AclHandle> question = binding_of(filter);
  if (!question) return fail(question.error());
  AdminCall call(line_);
  std::vector<Acl> found;
  const auto errors = call_each(
      call, RD_KAFKA_ADMIN_OP_DESCRIBEACLS, {"access control"}, {true}, deadline,
      [&](std::size_t, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
        rd_kafka_DescribeAcls(call.client(), question->get(), options, to);
      },
      [&](std::size_t, rd_kafka_event_t* event) -> std::optional<Error> {
        std::size_t count = 0;
        const rd_kafka_AclBinding_t** acls =
            rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(event), &count);
        found = acls_of(acls, count);
        return std::nullopt;
      });
  if (errors[0]) return fail(*errors[0]);
  return found;
}

std::vector<Result<std::vector<Acl>>> Admin::delete_acls(const std::vector<AclFilter>& filters,
                                                         TimePoint deadline) {
  AdminCall call(line_);
  Questions<AclFilter> asked(filters);
  std::vector<Result<std::vector<Acl>>> answers(filters.size());
  const std::string what = "delete access control";
  const auto errors = call_each(
      call, RD_KAFKA_ADMIN_OP_DELETEACLS, {what}, {!asked.sent.empty()}, deadline,
      [&](std::size_t, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
        rd_kafka_DeleteAcls(call.client(), asked.sent.data(), asked.sent.size(), options, to);
      },
      [&](std::size_t, rd_kafka_event_t* event) -> std::optional<Error> {
        std::size_t count = 0;
        const rd_kafka_DeleteAcls_result_response_t** results =
            rd_kafka_DeleteAcls_result_responses(rd_kafka_event_DeleteAcls_result(event), &count);
        if (count != asked.sent.size()) return Error{.message = what + ": answers"};
        std::optional<Error> again;
        for (std::size_t at = 0; at < count; ++at) {
          const std::size_t i = asked.places[at];
          asked.errors[i] = error_of(rd_kafka_DeleteAcls_result_response_error(results[at]), what);
          std::size_t matches = 0;
          const auto** gone =
              rd_kafka_DeleteAcls_result_response_matching_acls(results[at], &matches);
          // What an earlier attempt deleted is still what this call did.
          std::vector<Acl> now_gone;
          for (std::size_t k = 0; k < matches; ++k) {
            const rd_kafka_error_t* kept = rd_kafka_AclBinding_error(gone[k]);
            if (kept == nullptr) {
              now_gone.push_back(acl_of(gone[k]));
            } else if (!asked.errors[i]) {
              asked.errors[i] = error_of(kept, what + " of " + acl_of(gone[k]).text());
            }
          }
          if (answers[i]) now_gone.insert(now_gone.end(), answers[i]->begin(), answers[i]->end());
          std::sort(now_gone.begin(), now_gone.end());
          answers[i] = std::move(now_gone);
          if (asked.errors[i] && is_to_be_repeated(*asked.errors[i])) again = asked.errors[i];
        }
        return again;
      });
  asked.fail_all(errors[0]);
  for (std::size_t i = 0; i < filters.size(); ++i) {
    if (asked.errors[i]) answers[i] = fail(*asked.errors[i]);
  }
  return answers;
}

}  // namespace rookery::librdkafka
