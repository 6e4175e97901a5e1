// server_process.cc
//
// The life of a server's process.

#include "simulations/world/server_process.h"

#include <rookery/instrumentation/events.h>
#include <rookery/runtime/thread.h>

#include <utility>

#include "mockbroker/transport/mock_transport.h"
#include "simulations/history/recording_consumer.h"
#include "simulations/history/recording_transport.h"

namespace rookery::sim {
namespace {

// What fibers of several processes look at.
template <class T>
void set(T& field, T value) {
  const Uninterrupted scope;
  field = std::move(value);
}

const char* text(ExitCode code) {
  switch (code) {
    case ExitCode::kClean:
      return "clean";
    case ExitCode::kStartupError:
      return "start-up error";
    case ExitCode::kForced:
      return "forced";
  }
  return "unknown";
}

}  // namespace

ServerProcess::ServerProcess(Stage& stage, int number, std::function<App()> make_app,
                             Sabotage sabotage, std::ostream* trace)
    : stage_(stage),
      name_("server-" + std::to_string(number)),
      make_app_(std::move(make_app)),
      sabotage_(std::move(sabotage)),
      trace_(trace) {}

void ServerProcess::start() {
  Life& life = add_life();
  // The process may run before its id comes back.
  const ProcessId process = stage_.scheduler.spawn_process(life.name, [this, &life] { run(life); });
  introduce(life, process);
}

ServerProcess::Life& ServerProcess::add_life() {
  const Uninterrupted scope;
  lives_.push_back(std::make_unique<Life>());
  life_ = lives_.back().get();
  life_->name = lives_.size() == 1 ? name_ : name_ + "." + std::to_string(lives_.size());
  return *life_;
}

void ServerProcess::introduce(Life& life, ProcessId process) {
  const Uninterrupted scope;
  if (life.index != kNone) return;
  life.process = process;
  life.index = stage_.recorder.add_process(process, life.name);
  stage_.recorder.tell({.kind = EventKind::kProcessStarted, .process = life.index});
}

void ServerProcess::run(Life& life) {
  introduce(life, stage_.scheduler.current_process());
  {
    const NetworkHost host(stage_.network);
    const std::unique_ptr<Transport> mock = mock::make_mock_transport(stage_.network, {});
    RecordingTransport recording(stage_.recorder, *mock);
    const std::unique_ptr<Transport> sabotaged = sabotage_ ? sabotage_(recording) : nullptr;
    Transport& transport = sabotaged != nullptr ? *sabotaged : recording;
    Monitor monitor;
    // One listener, traced or not: to subscribe is a choice point.
    monitor.subscribe([this, &life](const rookery::Event& event) {
      note_skipped(event);
      write_trace(life, event);
    });
    Server server(recorded(make_app_(), stage_.recorder,
                           [this](const RunView& run, RunMoment moment) {
                             stage_.handler_faults.strike(run, moment);
                           }),
                  transport, {.id = life.name, .monitor = &monitor});
    set(life.server, &server);
    if (const Status started = server.start(); !started) {
      set(life.start_error, std::optional(started.error().text()));
    } else {
      Thread stopper("stopper", [this, &life, &server] {
        stage_.scheduler.wait_for_signal(life.stop, kNever);
        server.stop();
      });
      set(life.exit_code, std::optional(server.wait()));
      stage_.scheduler.raise(life.stop);
      stopper.join();
    }
    set(life.server, static_cast<Server*>(nullptr));
  }
  set(life.has_ended, true);
  stage_.recorder.record({.kind = EventKind::kProcessStopped});
}

void ServerProcess::write_trace(const Life& life, const rookery::Event& event) const {
  if (trace_ == nullptr || life.is_killed) return;
  const Uninterrupted scope;
  *trace_ << stage_.history.line(stage_.scheduler.time(), life.name, event.message) << '\n';
}

// What a policy drops on purpose nobody else can tell.
void ServerProcess::note_skipped(const rookery::Event& event) {
  if (event.kind != rookery::EventKind::kRecordSkipped) return;
  const Uninterrupted scope;
  const std::string group = event.origin.substr(event.origin.rfind(' ') + 1);
  stage_.recorder.record({.kind = EventKind::kSkipped,
                          .group = stage_.history.group(group),
                          .partition = stage_.history.partition(*event.partition),
                          .offset = *event.offset});
}

void ServerProcess::kill() {
  Life& life = *life_;
  stage_.network.cut(life.process);
  stage_.recorder.tell({.kind = EventKind::kProcessCrashed, .process = life.index});
  set(life.is_killed, true);
  stage_.scheduler.kill(life.process, [this, &life] { stage_.scheduler.raise(life.stop); });
}

void ServerProcess::pause() {
  stage_.recorder.tell({.kind = EventKind::kProcessPaused, .process = life_->index});
  stage_.scheduler.pause(life_->process);
}

void ServerProcess::resume() {
  stage_.recorder.tell({.kind = EventKind::kProcessResumed, .process = life_->index});
  stage_.scheduler.resume(life_->process);
}

void ServerProcess::ask_to_stop() {
  set(life_->is_asked_to_stop, true);
  stage_.scheduler.raise(life_->stop);
}

bool ServerProcess::wait_until_stopped(TimePoint deadline) {
  return stage_.scheduler.wait_for_process(life_->process, deadline);
}

bool ServerProcess::is_running() const {
  const Uninterrupted scope;
  // Between its spawn and its introduction it has no name yet that anybody could strike it by.
  return life_ != nullptr && life_->index != kNone && !life_->is_killed && !life_->has_ended;
}

ProcessId ServerProcess::process() const {
  const Uninterrupted scope;
  return life_->process;
}

ProcessIndex ServerProcess::index() const {
  const Uninterrupted scope;
  return life_->index;
}

bool ServerProcess::is_asked_to_stop() const {
  const Uninterrupted scope;
  return life_ != nullptr && life_->is_asked_to_stop;
}

bool ServerProcess::is_paused() const {
  return is_running() && stage_.scheduler.is_paused(life_->process);
}

bool ServerProcess::is_hanging() const {
  return is_running() && stage_.handler_faults.is_hanging(life_->index);
}

std::string ServerProcess::trouble() const {
  const Uninterrupted scope;
  if (life_ == nullptr || life_->is_killed) return {};
  if (life_->start_error) return life_->name + " did not start: " + *life_->start_error;
  if (!life_->exit_code) return {};
  const std::string code = text(*life_->exit_code);
  if (!life_->is_asked_to_stop) return life_->name + " ended by itself, exit code: " + code;
  if (*life_->exit_code != ExitCode::kClean) return life_->name + " stopped, exit code: " + code;
  return {};
}

std::string ServerProcess::describe() const {
  if (!is_running() || life_->server == nullptr || is_paused()) return {};
  return life_->name + ": " + life_->server->describe() + "\n";
}

}  // namespace rookery::sim
