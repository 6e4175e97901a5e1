// group_admin.cc
//
// What is said to whoever would change a group that has members.
#include <rookery/transport/group_admin.h>

#include <utility>

namespace rookery {

std::string ConsumerGroupMember::text() const {
  return client_id + " (" + id + (host.empty() ? "" : " at " + host) + ")";
}

Status require_no_members(const ConsumerGroupDescription& description) {
  if (description.members.empty()) return {};
  std::string names;
  for (const ConsumerGroupMember& member : description.members) {
    if (!names.empty()) names += ", ";
    names += member.text();
  }
  return fail(ErrorCode::kNonEmptyGroup,
              "group '" + description.group + "' has " +
                  std::to_string(description.members.size()) +
                  (description.members.size() == 1 ? " member: " : " members: ") + names);
}

Error group_change_error(const std::string& group, Error error) {
  switch (error.code) {
    case ErrorCode::kUnknownMemberId:
    case ErrorCode::kNonEmptyGroup:
    case ErrorCode::kRebalanceInProgress:
      error.code = ErrorCode::kNonEmptyGroup;
      error.retriable = false;
      error.message = "a member joined meanwhile: " + error.message;
      break;
    default:
      break;
  }
  error.message = "group '" + group + "': " + error.message;
  return error;
}

}  // namespace rookery
