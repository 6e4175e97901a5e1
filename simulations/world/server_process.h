// server_process.h
//
// One server of a run: a process that runs the app, which can crash and start again, pause, stop.
//
// Thread rules: the world's fibers.
#pragma once

#include <rookery/instrumentation/events.h>
#include <rookery/processing/server.h>
#include <rookery/routing/app.h>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "simulations/world/stage.h"

namespace rookery::sim {

class ServerProcess {
 public:
  // `make_app` gives the app with the run's settings, not yet recorded. Starts nothing.
  // `sabotage` may be empty: see RunInput.
  using Sabotage = std::function<std::unique_ptr<Transport>(Transport&)>;
  ServerProcess(Stage& stage, int number, std::function<App()> make_app, Sabotage sabotage,
                std::ostream* trace);

  void start();
  // Crashes: nothing it does from now on reaches anybody.
  void kill();
  void pause();
  void resume();
  void ask_to_stop();
  // False: the deadline came first.
  bool wait_until_stopped(TimePoint deadline);

  bool is_running() const;  // started, and neither killed nor ended by itself
  bool is_asked_to_stop() const;
  bool is_paused() const;
  bool is_hanging() const;
  const std::string& name() const { return name_; }
  ProcessId process() const;
  ProcessIndex index() const;
  // What is wrong with this life; empty when nothing is.
  std::string trouble() const;
  // The server's own picture, for reports.
  std::string describe() const;

 private:
  struct Life {
    std::string name;
    ProcessId process = kWorld;
    ProcessIndex index = kNone;
    Signal stop{"server.stop"};
    Server* server = nullptr;
    bool is_killed = false;
    bool is_asked_to_stop = false;
    bool has_ended = false;
    std::optional<std::string> start_error;
    std::optional<ExitCode> exit_code;
  };

  Life& add_life();
  void introduce(Life& life, ProcessId process);
  void run(Life& life);
  void note_skipped(const rookery::Event& event);
  void write_trace(const Life& life, const rookery::Event& event) const;

  Stage& stage_;
  const std::string name_;
  const std::function<App()> make_app_;
  const Sabotage sabotage_;
  std::ostream* const trace_;
  std::vector<std::unique_ptr<Life>> lives_;
  Life* life_ = nullptr;  // the latest
};

}  // namespace rookery::sim
