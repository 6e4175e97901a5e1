// scene.h
//
// A server that is stopped: from somewhere, in the middle of something, on any leg of the contract
// suite.
//
//   leg.run([&] {
//     Scene scene(leg, From::kConsumer, During::kRevocation);
//     scene.begin();           // until it is in the middle of it, but for what happens to brokers
//     strike(leg, During::kRevocation);
//     const Ended ended = scene.end();  // stops from there, and waits
//   });
//
// Two groups: "work", whose records flow or wait, and "contested", for which a rival competes.
#pragma once

#include <rookery/processing/server.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "simulations/contract/leg.h"

namespace rookery::stopping {

// Who calls stop().
enum class From {
  kConsumer,        // consume()
  kListener,        // a monitor's listener
  kRebalanceHook,   // initialized() of a partition that came, or revoked() of one that goes
  kDeliveryReport,  // a producer's delivery handler
  kSignal,          // the thread that waits for signals; on real threads only
  kDestructor,      // nobody: the server is destroyed
  kOtherThread,
};
const char* name(From from);

// In the middle of what.
enum class During {
  kCalm,
  kJoin,        // a join waits for a member that keeps what it should give back
  kRevocation,  // a consumer has not returned from a partition that is being revoked
  kSilence,     // connections stay, no broker answers
  kCrash,       // every broker is gone
};
const char* name(During during);

// Opens once; whoever waits goes on.
class Gate {
 public:
  explicit Gate(const char* name) : opened_(name) {}
  void open();
  bool is_open() const;
  // False: the deadline came first.
  bool wait_until(TimePoint deadline);

 private:
  mutable Mutex mutex_{"stop.gate", ranks::kLeaf};
  ConditionVariable opened_;
  bool is_open_ = false;
};

struct Ended {
  ExitCode code = ExitCode::kClean;
  Duration taken{};  // from the stop's order to the end of wait(), or of the destructor
};

// What the consumers of a scene share with it; they may outlive neither the server nor the scene.
struct Shared {
  From from = From::kConsumer;
  During during = During::kCalm;
  Server* server = nullptr;
  Gate armed{"stop.armed"};         // whoever is to stop may do so now
  Gate fired{"stop.fired"};         // stop() was called
  Gate working{"stop.working"};     // "work" has met a record
  Gate contesting{"stop.contest"};  // "contested" has met a record
  Gate revoking{"stop.revoking"};   // and sees that it is to give it up
  Atomic<TimePoint> fired_at{TimePoint{}};

  // Calls stop() once.
  void fire();
  // The one who is to do it waits until it is time, then does.
  void fire_if(From here);
};

class Scene {
 public:
  // `leg` must outlive it. Made inside of the leg's run().
  Scene(contract::Leg& leg, From from, During during);
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  void begin();
  Ended end();

 private:
  App app() const;
  void make_topics();
  void produce(const std::string& topic, int count);
  void join_rival();
  bool pump_rival_until(const std::function<bool()>& is_so);
  void start();
  void arm();

  contract::Leg& leg_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  const std::string work_topic_;
  const std::string contested_topic_;
  const std::string output_topic_;
  const std::string work_group_;
  const std::string contested_group_;

  std::unique_ptr<Transport> transport_;
  Monitor monitor_;
  std::unique_ptr<GroupConsumer> rival_;
  bool rival_owns_ = false;
  bool rival_is_asked_ = false;
  std::unique_ptr<ProducerClient> reporter_;
  std::unique_ptr<Server> server_;
};

// What the brokers suffer, if anything: once, however many scenes there are.
void strike(contract::Leg& leg, During during);

// Aborts the process, with the stacks of all its threads, unless it is destroyed in time. For real
// threads: a simulation's scheduler sees a deadlock by itself.
class Watchdog {
 public:
  Watchdog(std::string what, Duration limit);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  Gate done_{"stop.watchdog"};
  Thread thread_;
};

}  // namespace rookery::stopping
