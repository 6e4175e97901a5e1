// routes.h
//
// A program's routes as it tells them when asked, without being started: for people, and for
// programs such as `rookery-lint topics`.
//
//   {"rookery_routes": 1, "client_id": "billing",
//    "groups": [{"name": "billing", "session_timeout_ms": 45000, "heartbeat_interval_ms": 3000,
//      "topics": [{"name": "orders.v1", "dead_letter_topics": ["orders.v1.dlq"],
//                  "retry_ms_max": 7700, "retries_without_end": false, ...}]}],
//    "topics": [{"name": "orders.v1", "partitions": 6, "replication_factor": 3, "config": {}}],
//    "mistakes": [{"path": "groups.billing.topics.orders.v1.window", "message": "..."}]}
//
// The number grows when what stands there changes its meaning; more may be added under the same.
// Settings are those after inheritance; durations are whole milliseconds, rounded up.
#pragma once

#include <rookery/routing/app.h>
#include <rookery/transport/transport.h>

#include <string>
#include <vector>

namespace rookery {

struct RoutesOptions {
  bool is_json = false;
  ConfigMap kafka = {};  // of every client, before the app's own
};

// Ends with a newline. Mistakes are in the JSON, and not in the text.
std::string routes_text(const App& app);
std::string routes_json(const App& app, const RoutesOptions& options = {});

// Writes the routes on standard output and each mistake as a line on standard error. Answers the
// exit code: 1 when there are mistakes.
int print_routes(const App& app, const RoutesOptions& options);

// The longest that retries which end can take by their backoff alone, with jitter; empty when none
// of them does. `are_without_end`: whether some error is retried until it passes.
struct RetryTime {
  std::optional<Duration> longest;
  bool are_without_end = false;
};
RetryTime retry_time_of(const TopicSettings& settings);

}  // namespace rookery
