// error_response.h
//
// The answer of the right type that carries one error everywhere the request has a place for it:
// what a broker says when it refuses a request as a whole, and what faults answer in its stead.
#pragma once

#include "mockbroker/protocol/protocol.h"

namespace rookery::mock {

// A Metadata request for all topics has no place for an error: its answer is empty, without nodes
// and topics.
Response error_response(const Request& request, ErrorCode error);

}  // namespace rookery::mock
