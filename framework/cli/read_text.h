// read_text.h
//
// One record as one line.
#pragma once

#include <rookery/cli/terminal.h>
#include <rookery/transport/record.h>

#include <string>

namespace rookery {

// Place, time, key, value, and headers if there are: separated by tabs, which are escaped in all of
// them. "(null)" and "(empty)" say so.
//
//   orders.v1-3@17  2026-11-24T12:30:00.250Z  customer-7  {"amount":3}  source=web
std::string record_text(const Record& record, const Terminal& terminal);

//   {"topic":"orders.v1","partition":3,"offset":17,"timestamp":"2026-11-24T12:30:00.250Z",
//    "timestamp_ms":1795523400250,"key":"customer-7","value":"AAH/","value_encoding":"base64",
//    "headers":[{"name":"source","value":"web"}]}
//
// Bytes that are no UTF-8 are base64, and a field "..._encoding" says so; null is null. A record
// without a time has null for both.
std::string record_json(const Record& record);

}  // namespace rookery
