// producing_plan.cc
//
// Buffers of a few records, time limits of the length of the faults.
#include "simulations/properties/producing_plan.h"

#include <chrono>
#include <string>

namespace rookery::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

ProducingPlan draw_producing_plan(Tape& tape) {
  ProducingPlan plan;
  plan.is_idempotent = !tape.one_in(4);
  plan.senders = 1 + tape.draw(3);
  plan.records = 20 + tape.draw(60);
  plan.config = {{"acks", "all"},
                 {"enable.idempotence", plan.is_idempotent ? "true" : "false"},
                 {"message.timeout.ms", std::to_string(tape.between(800, 5000))},
                 {"queue.buffering.max.messages", std::to_string(tape.between(2, 40))},
                 {"linger.ms", std::to_string(tape.between(0, 20))}};
  if (tape.one_in(2)) plan.profile.loss_one_in = 8 + tape.draw(20);
  if (tape.one_in(2)) plan.profile.error_one_in = 5 + tape.draw(20);
  if (tape.one_in(3)) {
    plan.profile.slow_one_in = 5;
    plan.profile.slow_most = milliseconds(600);
  }
  for (std::uint64_t left = tape.draw(4); left > 0; --left) {
    plan.faults.push_back({.at = TimePoint(seconds(1)) + milliseconds(tape.between(50, 4000)),
                           .length = milliseconds(tape.between(100, 4000)),
                           .node = static_cast<NodeId>(tape.draw(kProducingNodes)),
                           .kind = static_cast<int>(tape.draw(3))});
  }
  if (tape.one_in(3)) plan.closes_after = milliseconds(tape.between(1, 5000));
  return plan;
}

}  // namespace rookery::sim
