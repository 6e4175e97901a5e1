// judge.cc
//
// Every event passes all checkers, then the model.

#include "simulations/checkers/judge.h"

#include <utility>

namespace rookery::sim {

std::vector<std::unique_ptr<Checker>> all_checkers(const History& history) {
  std::vector<std::unique_ptr<Checker>> all;
  all.push_back(make_unchanged_records_checker(history));
  all.push_back(make_segments_checker(history));
  all.push_back(make_order_checker(history));
  all.push_back(make_lanes_checker(history));
  all.push_back(make_collapse_checker(history));
  all.push_back(make_duplicates_checker(history));
  all.push_back(make_dead_letters_checker(history));
  all.push_back(make_commit_progress_checker(history));
  all.push_back(make_commit_owner_checker(history));
  all.push_back(make_hand_back_checker(history));
  all.push_back(make_no_loss_checker(history));
  return all;
}

Judge::Judge(History& history) : checkers_(all_checkers(history)) {
  history.subscribe([this](const Event& event) { judge(event); });
}

void Judge::judge(const Event& event) {
  if (breach_) return;
  std::optional<Breach> found;
  for (const std::unique_ptr<Checker>& checker : checkers_) {
    found = checker->check(model_, event);
    if (found) break;
  }
  model_.apply(event);
  if (found) tell(std::move(*found));
}

void Judge::finish(const Expectations& expectations) {
  for (const std::unique_ptr<Checker>& checker : checkers_) {
    if (breach_) return;
    if (auto found = checker->finish(model_, expectations)) tell(std::move(*found));
  }
}

void Judge::tell(Breach breach) {
  breach_ = std::move(breach);
  if (handler_) handler_(*breach_);
}

}  // namespace rookery::sim
