// mock_admin_acls.cc
//
// Access control: any node tells, the controller changes.
#include "mockbroker/client/mock_admin.h"

#include <algorithm>
#include <utility>

#include "mockbroker/client/admin_call.h"
#include "mockbroker/client/admin_rounds.h"

namespace rookery::mock {
namespace {

template <class Answer>
bool is_not_controller(const Response& response) {
  const auto* answer = std::get_if<Answer>(&response);
  return answer && std::any_of(answer->results.begin(), answer->results.end(), [](const auto& one) {
           return one.error == ErrorCode::kNotController;
         });
}

std::vector<Acl> sorted(std::vector<Acl> acls) {
  std::sort(acls.begin(), acls.end());
  return acls;
}

}  // namespace

std::vector<Status> MockAdmin::create_acls(const std::vector<Acl>& acls, TimePoint deadline) {
  if (acls.empty()) return {};
  AdminCall call(network_, settings_, calls_, deadline, "CreateAcls");
  const Result<Response> response =
      ask_controller(call, {CreateAclsRequest{acls}}, is_not_controller<CreateAclsResponse>)
          .front();
  if (!response) return std::vector<Status>(acls.size(), fail(response.error()));
  const auto* answer = std::get_if<CreateAclsResponse>(&*response);
  std::vector<Status> statuses;
  for (std::size_t i = 0; i < acls.size(); ++i) {
    if (!answer || i >= answer->results.size()) {
      statuses.push_back(fail(ErrorCode::kUnknown, acls[i].text() + ": not in the answer"));
    } else if (const auto& one = answer->results[i]; one.error) {
      statuses.push_back(
          fail(*one.error, acls[i].text() + (one.message.empty() ? "" : ": " + one.message)));
    } else {
      statuses.emplace_back();
    }
  }
  return statuses;
}

Result<std::vector<Acl>> MockAdmin::acls(const AclFilter& filter, TimePoint deadline) {
  AdminCall call(network_, settings_, calls_, deadline, "DescribeAcls");
  const Result<Response> response = call.ask(std::nullopt, DescribeAclsRequest{filter});
  if (!response) return fail(response.error());
  const auto* answer = std::get_if<DescribeAclsResponse>(&*response);
  if (!answer) return fail(ErrorCode::kUnknown, "DescribeAcls: a wrong answer");
  if (answer->error) return fail(*answer->error, "access control");
  return sorted(answer->acls);
}

std::vector<Result<std::vector<Acl>>> MockAdmin::delete_acls(const std::vector<AclFilter>& filters,
                                                             TimePoint deadline) {
  using Answers = std::vector<Result<std::vector<Acl>>>;
  if (filters.empty()) return {};
  AdminCall call(network_, settings_, calls_, deadline, "DeleteAcls");
  const Result<Response> response =
      ask_controller(call, {DeleteAclsRequest{filters}}, is_not_controller<DeleteAclsResponse>)
          .front();
  if (!response) return Answers(filters.size(), fail(response.error()));
  const auto* answer = std::get_if<DeleteAclsResponse>(&*response);
  if (!answer || answer->results.size() != filters.size()) {
    return Answers(filters.size(), fail(ErrorCode::kUnknown, "DeleteAcls: a wrong answer"));
  }
  Answers answers;
  for (const auto& one : answer->results) {
    if (one.error) {
      answers.push_back(fail(*one.error, "delete access control"));
    } else {
      answers.push_back(sorted(one.acls));
    }
  }
  return answers;
}

}  // namespace rookery::mock
