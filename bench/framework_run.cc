// framework_run.cc
//
// The App of the figures.
#include "bench/framework_run.h"

#include <rookery/runtime/random.h>

#include <utility>

#include "bench/watch.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 60s;

App make_app(const std::string& topic, ConsumerFactory consumer, const RunOptions& options) {
  App app({.client_id = "bench", .concurrency = options.workers});
  app.group(fresh_group())
      .topic(topic, {.consumer = std::move(consumer), .ordering = options.ordering});
  return app;
}

}  // namespace

std::string fresh_group() { return "bench-" + std::to_string(random_u64()); }

RunningServer::RunningServer(Transport& transport, const std::string& topic,
                             ConsumerFactory consumer, const RunOptions& options)
    : server_(make_app(topic, std::move(consumer), options), transport,
              {.id = "bench", .monitor = &monitor_}) {
  monitor_.subscribe([this](const Event& event) {
    if (event.kind != EventKind::kErrorOccurred) return;
    MutexLock lock(mutex_);
    if (first_error_.empty()) first_error_ = event.error_type + ": " + event.message;
  });
}

Status RunningServer::stop() {
  server_.stop();
  const ExitCode code = server_.wait();
  MutexLock lock(mutex_);
  if (!first_error_.empty()) return fail(ErrorCode::kState, first_error_);
  if (code != ExitCode::kClean) return fail(ErrorCode::kState, "the server did not end in order");
  return {};
}

Result<Turn> consume_topic(RunningServer& server, std::uint64_t total,
                           const std::function<std::uint64_t()>& count) {
  if (Status started = server.start(); !started) return fail(started.error());
  Result<Turn> turn = watch(
      count ? count : [&server] { return server.records(); }, total, kPatience);
  Status stopped = server.stop();
  if (!stopped) return fail(stopped.error());
  return turn;
}

}  // namespace rookery::bench
