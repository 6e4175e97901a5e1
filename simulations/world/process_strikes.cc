// process_strikes.cc
//
// What befalls servers, their user code and the clocks they look at.

#include <algorithm>
#include <chrono>

#include "simulations/world/strike.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;

class ProcessRestart final : public Strike {
 public:
  ProcessRestart(StrikeZone& zone, const Fault& fault) : server_(zone.server(fault.target)) {}

  bool begin() override {
    if (!server_.is_running()) return false;
    announce();
    server_.kill();
    return true;
  }
  void end() override {
    if (!server_.is_running()) server_.start();
  }
  bool is_effective() const override { return true; }

 private:
  ServerProcess& server_;
};

class ProcessPause final : public Strike {
 public:
  ProcessPause(StrikeZone& zone, const Fault& fault) : server_(zone.server(fault.target)) {}

  bool begin() override {
    if (!server_.is_running() || server_.is_paused()) return false;
    process_ = server_.process();
    announce();
    server_.pause();
    return true;
  }
  void end() override {
    // It may have been killed, and started again, meanwhile.
    if (server_.is_paused() && server_.process() == process_) server_.resume();
  }
  bool is_effective() const override { return true; }

 private:
  ServerProcess& server_;
  ProcessId process_ = kWorld;
};

// Throwing, slow and hanging user code.
class HandlerStrike final : public Strike {
 public:
  HandlerStrike(StrikeZone& zone, std::size_t index, const Fault& fault)
      : zone_(zone), index_(index), fault_(fault) {}

  bool begin() override {
    ProcessIndex process = kNone;
    if (fault_.kind == FaultKind::kHangingHandler) {
      ServerProcess& server = zone_.server(fault_.target);
      if (!server.is_running()) return false;
      process = server.index();
    }
    zone_.stage.handler_faults.begin(index_, fault_, process);
    return true;
  }
  // A hanging handler strikes until everything is healed.
  void end() override { zone_.stage.handler_faults.end(index_); }
  bool is_effective() const override { return zone_.stage.handler_faults.is_effective(index_); }

 private:
  StrikeZone& zone_;
  const std::size_t index_;
  const Fault fault_;
};

// Asked to stop, given its time, then killed if it must be, and started again.
void stop_in_order(ServerProcess& server) {
  if (server.is_running()) server.ask_to_stop();
}
void start_again(ServerProcess& server) {
  if (server.is_running()) {
    if (!server.is_asked_to_stop()) return;  // somebody else has started it meanwhile
    server.kill();
  }
  server.start();
}

class RollingDeploy final : public Strike {
 public:
  RollingDeploy(StrikeZone& zone, const Fault& fault) : zone_(zone), fault_(fault) {}

  bool begin() override { return true; }
  std::vector<Duration> steps() const override {
    const auto count = static_cast<Duration::rep>(zone_.servers.size());
    const Duration each = fault_.duration / count;
    const Duration down = std::min<Duration>(milliseconds(fault_.extent), each * 9 / 10);
    std::vector<Duration> steps;
    for (Duration::rep i = 0; i < count; ++i) {
      steps.push_back(each * i);
      steps.push_back(each * i + down);
    }
    return steps;
  }
  void step(std::size_t number) override {
    ServerProcess& server = *zone_.servers[number / 2];
    if (number % 2 == 1) {
      if (is_stopping_) start_again(server);
      is_stopping_ = false;
      return;
    }
    is_stopping_ = server.is_running();
    if (!is_stopping_) return;
    ++stopped_;
    stop_in_order(server);
  }
  bool is_effective() const override { return stopped_ > 0; }

 private:
  StrikeZone& zone_;
  const Fault fault_;
  bool is_stopping_ = false;
  int stopped_ = 0;
};

class ScaleDown final : public Strike {
 public:
  ScaleDown(StrikeZone& zone, const Fault& fault) : server_(zone.server(fault.target)) {}

  bool begin() override {
    if (!server_.is_running() || server_.is_asked_to_stop()) return false;
    stop_in_order(server_);
    return true;
  }
  void end() override { start_again(server_); }
  bool is_effective() const override { return true; }

 private:
  ServerProcess& server_;
};

class ScaleUp final : public Strike {
 public:
  explicit ScaleUp(StrikeZone& zone) : zone_(zone) {}

  bool begin() override {
    zone_.spares.push_back(zone_.make_server());
    spare_ = zone_.spares.back().get();
    announce();
    spare_->start();
    return true;
  }
  void end() override { stop_in_order(*spare_); }
  bool is_effective() const override { return true; }

 private:
  StrikeZone& zone_;
  ServerProcess* spare_ = nullptr;
};

// The wall clock of a server's life or of a node. It takes effect when somebody looks at it.
class ClockStrike final : public Strike {
 public:
  ClockStrike(StrikeZone& zone, const Fault& fault) : zone_(zone), fault_(fault) {
    const std::size_t clock =
        fault.target % (zone.servers.size() + static_cast<std::size_t>(zone.nodes));
    if (clock < zone.servers.size()) {
      server_ = zone.servers[clock].get();
    } else {
      node_ = static_cast<NodeId>(clock - zone.servers.size());
    }
  }

  bool begin() override {
    if (server_ != nullptr) {
      if (!server_->is_running()) return false;
      process_ = server_->process();
    }
    // Kafka refuses records from more than an hour ahead (message.timestamp.after.max.ms), and no
    // client can do anything about it: clocks that are wrong do not go wrong further.
    bool is_right = false;
    change([&](WallClock& clock) { is_right = clock == WallClock(); });
    if (!is_right) return false;
    before_ = readings();
    change([this](WallClock& clock) { set_wrong(clock); });
    return true;
  }
  void end() override {
    after_ = readings();
    change([](WallClock& clock) { clock.set_right(); });
  }
  bool is_effective() const override { return after_ > before_; }

 private:
  void set_wrong(WallClock& clock) const {
    const TimePoint now = zone_.stage.scheduler.time();
    const auto amount = static_cast<std::int64_t>(fault_.extent);
    const std::int64_t by = fault_.severity % 2 == 1 ? -amount : amount;
    if (fault_.kind == FaultKind::kClockJump) {
      clock.jump(now, milliseconds(by));
    } else {
      clock.drift(now, by);
    }
  }
  void change(const std::function<void(WallClock&)>& how) const {
    if (server_ == nullptr) return zone_.stage.network.change_wall_clock(node_, how);
    const Uninterrupted scope;
    how(zone_.stage.scheduler.wall_clock(process_));
  }
  std::uint64_t readings() const {
    if (server_ == nullptr) return zone_.stage.network.counts().wrong_times;
    const Uninterrupted scope;
    return zone_.stage.scheduler.wrong_wall_reads(process_);
  }

  StrikeZone& zone_;
  const Fault fault_;
  ServerProcess* server_ = nullptr;  // null: a node's clock
  ProcessId process_ = kWorld;
  NodeId node_ = -1;
  std::uint64_t before_ = 0;
  std::uint64_t after_ = 0;
};

}  // namespace

std::unique_ptr<Strike> make_process_strike(StrikeZone& zone, std::size_t index,
                                            const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kProcessRestart:
      return std::make_unique<ProcessRestart>(zone, fault);
    case FaultKind::kProcessPause:
    case FaultKind::kLongPause:
      return std::make_unique<ProcessPause>(zone, fault);
    case FaultKind::kThrowingHandler:
    case FaultKind::kSlowHandler:
    case FaultKind::kHangingHandler:
      return std::make_unique<HandlerStrike>(zone, index, fault);
    case FaultKind::kRollingDeploy:
      return std::make_unique<RollingDeploy>(zone, fault);
    case FaultKind::kScaleUp:
      return std::make_unique<ScaleUp>(zone);
    case FaultKind::kScaleDown:
      return std::make_unique<ScaleDown>(zone, fault);
    case FaultKind::kClockJump:
    case FaultKind::kClockDrift:
      return std::make_unique<ClockStrike>(zone, fault);
    default:
      return nullptr;
  }
}

}  // namespace rookery::sim
