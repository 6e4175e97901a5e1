// new_trace_id.h
//
// A trace id of our own, for errors that belong to no trace: 16 random bytes in 32 hex digits, from
// the runtime's dice. Source: W3C Trace Context, section 3.2.2.3.
#pragma once

#include <string>

namespace rookery {

std::string new_trace_id();

}  // namespace rookery
