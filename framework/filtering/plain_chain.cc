// plain_chain.cc
//
// Question after question, each answered for itself.
#include <rookery/filtering/plain_chain.h>

#include <algorithm>
#include <limits>
#include <map>

namespace rookery {
namespace {

using Kind = FilterAction::Kind;

// In order, each sees what the one before left.
std::map<Offset, const PlainFilter*> removers(const std::vector<PlainFilter>& filters,
                                              const std::vector<Offset>& offsets) {
  std::map<Offset, const PlainFilter*> found;
  for (const Offset offset : offsets) {
    for (const PlainFilter& filter : filters) {
      if (filter.removes.contains(offset)) {
        found[offset] = &filter;
        break;
      }
    }
  }
  return found;
}

// Any pause beats any seek beats skip; the least timeout.
FilterAction action_of(const std::vector<const PlainFilter*>& applied) {
  FilterAction chosen;
  for (const PlainFilter* filter : applied) {
    const FilterAction& own = filter->action;
    if (own.kind == Kind::kSeek && chosen.kind == Kind::kSkip) chosen = own;
    if (own.kind != Kind::kPause) continue;
    if (chosen.kind != Kind::kPause || own.pause_for < chosen.pause_for) chosen = own;
  }
  return chosen;
}

}  // namespace

PlainVerdict plain_chain(const std::vector<PlainFilter>& filters,
                         const std::vector<Offset>& offsets) {
  const auto removed = removers(filters, offsets);
  std::vector<const PlainFilter*> applied;
  for (const PlainFilter& filter : filters) {
    const bool has_removed = std::any_of(
        removed.begin(), removed.end(), [&](const auto& entry) { return entry.second == &filter; });
    if (has_removed || filter.action.kind != Kind::kSkip) applied.push_back(&filter);
  }
  PlainVerdict verdict{.is_applied = !applied.empty(), .action = action_of(applied)};
  std::optional<Offset> marking;
  for (const PlainFilter* filter : applied) {
    if (filter->cursor && verdict.action.kind != Kind::kSkip) {
      verdict.cursor = std::min(verdict.cursor.value_or(*filter->cursor), *filter->cursor);
    }
    if (!filter->marks) continue;
    const Offset own = filter->marking_cursor.value_or(std::numeric_limits<Offset>::max());
    marking = std::min(marking.value_or(own), own);
  }

  const auto is_held = [&](Offset offset) { return verdict.cursor && offset >= *verdict.cursor; };
  const auto runs = [&](Offset offset) { return !is_held(offset) && !removed.contains(offset); };
  // A position stands for all below it: a record is passed where the position is right.
  const auto may_be_passed_alone = [&](Offset offset) {
    return marking && offset < *marking && removed.at(offset)->marks;
  };
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (is_held(offsets[i])) {
      verdict.fates.push_back(Fate::kHeld);
    } else if (runs(offsets[i])) {
      verdict.fates.push_back(Fate::kRun);
    } else {
      const bool is_below_a_run =
          std::any_of(offsets.begin() + static_cast<std::ptrdiff_t>(i), offsets.end(), runs);
      // Behind the last that runs: all up to it must be passable.
      bool is_passable = true;
      for (std::size_t k = i + 1; k-- > 0 && !runs(offsets[k]);) {
        is_passable = is_passable && may_be_passed_alone(offsets[k]);
      }
      verdict.fates.push_back(is_below_a_run || is_passable ? Fate::kDone : Fate::kDropped);
    }
  }
  return verdict;
}

}  // namespace rookery
