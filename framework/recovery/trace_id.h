// trace_id.h
//
// The 32 hex digits that tie an error's event, its log line and its dead letter to a trace: the
// record's own, when it came with a W3C `traceparent` header, else new ones.
//
// Source: W3C Trace Context, section 3.2 (traceparent).
#pragma once

#include <rookery/transport/record.h>

#include <optional>
#include <string>
#include <string_view>

namespace rookery {

// The trace id of "00-<trace id>-<parent id>-<flags>"; none when the text is no valid traceparent.
std::optional<std::string> trace_id_in(std::string_view traceparent);

// From the record's last `traceparent` header if that is valid, else empty.
std::string trace_id_or_empty(const Record& record);
// ... else a new one.
std::string trace_id_of(const Record& record);

}  // namespace rookery
