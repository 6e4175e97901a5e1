// request_hooks.h
//
// A plan's hooks at work in one run: asked about every request that reaches a node, until all is
// healed.
//
// Thread rules: run() on a fiber of its own, all else on the world's main fiber.
#pragma once

#include <string>
#include <vector>

#include "simulations/world/plan.h"
#include "simulations/world/stage.h"

namespace rookery::sim {

class RequestHooks {
 public:
  // The stage outlives it.
  RequestHooks(Stage& stage, const std::vector<testing::HookMaker>& makers);

  // Lets go what is held when its time has come. Returns after end().
  void run();
  // What is held goes on, and nobody is asked any more.
  void end();

 private:
  struct Held {
    TimePoint until;
    NodeId node;
    std::string client_id;
    mock::CorrelationId correlation;
  };

  mock::FilterDecision decide(TimePoint at, NodeId node, const mock::RequestHeader& header,
                              const mock::Request& request);
  TimePoint release_due(TimePoint at);  // answers when the next is due

  Stage& stage_;
  const TimePoint start_;
  std::vector<testing::RequestHook> hooks_;
  std::vector<Held> held_;  // in order of arrival
  Signal news_{"hooks"};
  bool is_over_ = false;
};

}  // namespace rookery::sim
