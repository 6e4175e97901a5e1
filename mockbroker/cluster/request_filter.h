// request_filter.h
//
// A hook before every request: observe it, answer it with something else, drop it, or hold it until
// released.
//
// Lives in the cluster, so that every driver (threads, simulation) has it. Called synchronously;
// must not call the cluster.
#pragma once

#include <rookery/runtime/time_types.h>

#include "mockbroker/protocol/protocol.h"

#include <functional>
#include <variant>

namespace rookery::mock {

struct PassRequest {};  // the node handles it
struct DropRequest {};  // never handled, never answered
struct HoldRequest {};  // handled when released, in order of arrival

// A Response is sent in the node's stead (see error_response); with acks=0 it only keeps the
// request from being handled.
using FilterDecision = std::variant<PassRequest, DropRequest, HoldRequest, Response>;

using RequestFilter = std::function<FilterDecision(
    TimePoint now, NodeId node, const RequestHeader& header, const Request& request)>;

}  // namespace rookery::mock
