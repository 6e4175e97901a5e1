// run_tape.cc
//
// Three streams of one seed.

#include "simulations/world/run_tape.h"

#include <rookery/runtime/generator.h>

namespace rookery::sim {
namespace {

// Any three numbers that differ; to change them changes what every seed means.
constexpr std::uint64_t kPlan = 1;
constexpr std::uint64_t kSchedule = 2;
constexpr std::uint64_t kWorldStream = 3;

std::uint64_t stream_of(std::uint64_t seed, std::uint64_t stream) {
  return scramble(scramble(seed) + stream);
}

Tape tape_of(std::uint64_t seed, const std::optional<std::vector<DrawRange>>& kept) {
  return kept ? Tape::from_parts(seed, *kept) : Tape::from_seed(seed);
}

}  // namespace

RunTape::RunTape(const RunSource& source)
    : plan(source.plan ? Tape::from_draws(*source.plan)
                       : Tape::from_seed(stream_of(source.seed, kPlan))),
      schedule(tape_of(stream_of(source.seed, kSchedule), source.schedule)),
      world(tape_of(stream_of(source.seed, kWorldStream), source.world)) {}

void RunTape::start_recording() {
  plan.start_recording();
  schedule.start_recording();
  world.start_recording();
}

}  // namespace rookery::sim
