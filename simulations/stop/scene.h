// scene.h
//
// A server that is stopped: from somewhere, in the middle of something, on any leg of the contract
// suite.
//
//   leg.run([&] {
//     Scene scene(leg, From::kConsumer, During::kRevocation);
//     Status begun = scene.begin();  // until it is in the middle of it, but for what brokers
//     suffer strike(leg, During::kRevocation); const Ended ended = scene.end();  // stops from
//     there, and waits for (const std::string& wrong : wrongs(ended, ...)) ...
//   });
//
// Two groups: "work", some of whose records are still to be consumed, and whose outputs are on
// their way, when it is stopped; and "contested", for which a rival competes.
#pragma once

#include <rookery/processing/server.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "simulations/contract/leg.h"
#include "simulations/stop/ending.h"
#include "simulations/stop/watchdog.h"

namespace rookery::stopping {

// What the consumers of a scene share with it; they may outlive neither the server nor the scene.
struct Shared {
  From from = From::kConsumer;
  During during = During::kCalm;
  std::string contested_group;
  Server* server = nullptr;
  Gate armed{"stop.armed"};         // whoever is to stop may do so now
  Gate fired{"stop.fired"};         // stop() was called
  Gate working{"stop.working"};     // "work" has met a record
  Gate contesting{"stop.contest"};  // "contested" has met a record
  Gate revoking{"stop.revoking"};   // and sees that it is to give it up
  Gate asked{"stop.asked"};         // the rival was asked to give back what it has
  Gate noted{"stop.noted"};         // lasted and fired_at are
  Atomic<bool> is_firing{false};
  Atomic<TimePoint> fired_at{TimePoint{}};
  Atomic<bool> lasted{false};
  std::array<Atomic<Offset>, 2> returned;  // by partition of "work": what its consumer is done with

  // Whether the server is in the middle of it, as far as it knows.
  bool lasts() const;
  // Before the first order to stop.
  void note_order();
  // Calls stop() once, or a few times at once.
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

  Status begin();
  Ended end();
  // For who waits too long, from another thread.
  std::string picture() const;

 private:
  App app() const;
  Status make_topics();
  Status produce(const std::string& topic, int count);
  Status join_rival();
  Status pump_rival_until(const char* what, const std::function<bool()>& is_so);
  Status start();
  void arm();
  void end_clients(Ended& ended);
  void check_commits(Ended& ended);

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
  std::unique_ptr<ProducerClient> reporter_;
  std::unique_ptr<Server> server_;
  Thread caller_;
  Atomic<const char*> phase_{"begins"};
};

// What the brokers suffer, if anything: once, however many scenes there are.
void strike(contract::Leg& leg, During during);
// Whether brokers answer as they should then: or do not.
bool answers(contract::Leg& leg, During during);

}  // namespace rookery::stopping
