// admin_rounds.h
//
// Several questions of an administrator, to nodes that are named or to the controller: all at once,
// and again for those that were asked in vain.
//
// Thread rules: as AdminCall.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mockbroker/client/admin_call.h"

namespace rookery::mock {

inline constexpr Duration kControllerInterval = std::chrono::milliseconds(250);

// The controller, as soon as there is one.
Result<NodeId> find_controller(AdminCall& call);

// What some node that is up says of these topics (none: all), and of the nodes.
Result<MetadataResponse> ask_metadata(AdminCall& call,
                                      std::optional<std::vector<std::string>> topics);

struct NodeQuestion {
  NodeId node = -1;
  Request request;
};
// What each was answered, in order; an error of those that were not before the call was over.
std::vector<Result<Response>> ask_nodes(AdminCall& call, std::vector<NodeQuestion> questions);

// All of them asked of the controller, each for itself. `is_refused`: it is not the controller;
// that is believed once. One that cannot be reached is asked for until the call is over.
std::vector<Result<Response>> ask_controller(
    AdminCall& call, const std::vector<Request>& requests,
    const std::function<bool(const Response&)>& is_refused);

}  // namespace rookery::mock
