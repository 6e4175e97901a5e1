// run_strategy.cc
//
// Random, in longer or shorter stretches.

#include "simulations/world/run_strategy.h"

#include <cstdint>
#include <iterator>
#include <utility>

namespace rookery::sim {
namespace {

class MainFirst final : public Strategy {
 public:
  explicit MainFirst(std::unique_ptr<Strategy> inner) : inner_(std::move(inner)) {}
  std::size_t choose(const Runnable& runnable, ChoiceKind where) override {
    for (std::size_t i = 0; i < runnable.size(); ++i) {
      if (runnable.name(i) == "main") return i;
    }
    return inner_->choose(runnable, where);
  }

 private:
  std::unique_ptr<Strategy> inner_;
};

}  // namespace

std::unique_ptr<Strategy> draw_strategy(RunTape& tape) {
  // How long a thread goes on undisturbed: long stretches and quick changes find different things.
  constexpr std::uint64_t kSwitchOneIn[] = {64, 16, 4, 0};
  const std::uint64_t one_in = kSwitchOneIn[tape.plan.draw(std::size(kSwitchOneIn))];
  if (one_in == 0) return std::make_unique<RandomStrategy>(tape.schedule);
  return std::make_unique<StickyRandomStrategy>(tape.schedule, one_in);
}

std::unique_ptr<Strategy> main_first(std::unique_ptr<Strategy> inner) {
  return std::make_unique<MainFirst>(std::move(inner));
}

}  // namespace rookery::sim
