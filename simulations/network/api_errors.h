// api_errors.h
//
// Which errors a broker may answer to a request at any time, so that clients must retry: those of a
// leader or a coordinator that moves, loads or has too few replicas.
//
// Sources: the protocol's error table; the retriable errors that Kafka's ReplicaManager and
// GroupCoordinator answer to each api.
#pragma once

#include <rookery/base/result.h>

#include <cstddef>
#include <span>

#include "mockbroker/protocol/protocol.h"

namespace rookery::sim {

// Empty: none that may be retried blindly.
std::span<const ErrorCode> retriable_errors(const mock::Request& request);

// Whether it is the api of that place in kFaultyApis (modulo what there is).
bool is_of_api(const mock::Request& request, std::size_t api);

}  // namespace rookery::sim
