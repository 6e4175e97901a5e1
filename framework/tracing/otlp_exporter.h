// otlp_exporter.h
//
// Spans to an OpenTelemetry collector, over OTLP/HTTP with JSON: POST <endpoint>/v1/traces.
//
//   auto exporter = make_otlp_exporter({.endpoint = "http://127.0.0.1:4318"});
//   app.options().tracing.exporter = exporter.value();
//
// It has a thread of its own. Who exports never waits: what finds no room in the queue is dropped.
// A collector that is away, slow or busy (429, 502, 503, 504) is asked again, when it says so
// (Retry-After, in seconds) or after a backoff; what it refuses otherwise is dropped. What was
// dropped is counted, and told by the next call of export_spans or flush, at most once in
// `tell_every`.
//
// Its end drops what has not gone out: a server flushes before.
//
// Source: OpenTelemetry protocol 1.x, "OTLP/HTTP".
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time_types.h>
#include <rookery/tracing/span.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rookery {

struct OtlpOptions {
  // "http://host:4318", or with a path before /v1/traces; an address of IPv6 in brackets.
  std::string endpoint;
  std::string service_name = "rookery";           // service.name of all spans
  std::size_t queue_most = 8192;                  // spans that wait
  std::size_t batch_most = 512;                   // spans of one request
  Duration batch_wait = std::chrono::seconds(1);  // how long a span waits for others
  Duration request_timeout = std::chrono::seconds(10);
  Duration retry_first = std::chrono::seconds(1);  // doubled each time, at most retry_max
  Duration retry_max = std::chrono::seconds(30);
  Duration give_up_after = std::chrono::minutes(1);  // with one request, all its tries together
  Duration tell_every = std::chrono::seconds(10);    // that spans were dropped
  std::vector<std::pair<std::string, std::string>> headers = {};  // of each request
};

// Error: kInvalidArgument, of an endpoint that is none.
Result<std::shared_ptr<SpanExporter>> make_otlp_exporter(OtlpOptions options);
Status check_otlp_endpoint(const std::string& endpoint);

}  // namespace rookery
