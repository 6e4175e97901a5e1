// otlp_json.h
//
// Spans in the form that collectors take: OTLP/HTTP with JSON.
//
// Source: OpenTelemetry protocol 1.x, "JSON Protobuf Encoding": ids in hex, names in camel case,
// enums as numbers, 64-bit numbers as strings.
#pragma once

#include <rookery/tracing/span.h>

#include <string>
#include <vector>

namespace rookery {

// An ExportTraceServiceRequest. What is no UTF-8 is replaced by U+FFFD.
std::string otlp_json(const std::vector<Span>& spans, const std::string& service_name);

}  // namespace rookery
