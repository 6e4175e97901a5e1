// app_tuning.cc
//
// Drawn once for a run: all its servers are alike.

#include "simulations/world/app_tuning.h"

#include <string>

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string milliseconds_text(Duration duration) {
  return std::to_string(std::chrono::duration_cast<milliseconds>(duration).count());
}

template <class T>
void set_if_open(std::optional<T>& setting, const std::optional<T>& value) {
  if (!setting) setting = value;
}

}  // namespace

AppTuning draw_tuning(Tape& tape) {
  AppTuning tuning;
  tuning.concurrency = 1 + static_cast<unsigned>(tape.draw(3));
  tuning.is_cooperative = tape.draw(2) == 1;
  if (tape.draw(2) == 1) tuning.commit_interval = milliseconds(tape.between(100, 2000));
  if (tape.draw(3) == 2) tuning.delivery_timeout = milliseconds(tape.between(2000, 8000));
  if (tape.draw(2) == 1) {
    tuning.max_records = 1 + tape.draw(40);
    if (tape.draw(2) == 1) tuning.window = *tuning.max_records + tape.draw(40);
  }
  if (tape.draw(3) == 2) tuning.prefetch_bytes = 1024 + tape.draw(16 * 1024);
  return tuning;
}

App tuned(App app, const AppTuning& tuning) {
  AppOptions& options = app.options();
  options.kafka.emplace("session.timeout.ms", milliseconds_text(kSessionTimeout));
  options.kafka.emplace("heartbeat.interval.ms", "2000");
  options.kafka.emplace("socket.timeout.ms", "10000");
  options.kafka.emplace("partition.assignment.strategy",
                        tuning.is_cooperative ? "cooperative-sticky" : "range,roundrobin");
  set_if_open(options.concurrency, {tuning.concurrency});

  const App plain = app;
  if (tuning.delivery_timeout && !options.kafka.contains("message.timeout.ms")) {
    options.producer.emplace("message.timeout.ms", milliseconds_text(*tuning.delivery_timeout));
  }
  set_if_open(options.defaults.commit_interval, tuning.commit_interval);
  set_if_open(options.defaults.prefetch_bytes, tuning.prefetch_bytes);
  set_if_open(options.defaults.defaults.max_records, tuning.max_records);
  set_if_open(options.defaults.defaults.window, tuning.window);
  // Together with what a topic sets for itself a limit may be a mistake.
  return validate(app).empty() ? app : plain;
}

}  // namespace rookery::sim
