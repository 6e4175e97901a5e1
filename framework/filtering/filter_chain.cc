// filter_chain.cc
//
// The rules of the chain.
#include <rookery/filtering/filter_chain.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

namespace rookery {
namespace {

constexpr Offset kNoLimit = std::numeric_limits<Offset>::max();

template <class T>
void lower(std::optional<T>& lowest, const std::optional<T>& candidate) {
  if (candidate && (!lowest || *candidate < *lowest)) lowest = candidate;
}

// The answers of all applied filters, as one.
struct Answers {
  bool has_any = false;
  bool has_seek = false;
  std::optional<Duration> pause;
  std::optional<Offset> cursor;
  std::optional<Offset> marking;  // none: no filter marks

  void add(const Filter& filter, const FilterAction& action) {
    has_any = true;
    if (action.kind == FilterAction::Kind::kPause) lower(pause, std::optional(action.pause_for));
    if (action.kind == FilterAction::Kind::kSeek) has_seek = true;
    lower(cursor, filter.cursor());
    if (filter.marks()) lower(marking, std::optional(filter.marking_cursor().value_or(kNoLimit)));
  }
  FilterAction action() const {
    if (pause) return FilterAction::pause(*pause);
    return has_seek ? FilterAction::seek() : FilterAction::skip();
  }
};

// Notes the records of `before` that are not in `left` any more.
void note_removed(std::span<const Record* const> before, std::span<const Record* const> left,
                  const Record* first, std::vector<bool>& removed) {
  std::size_t next = 0;
  for (const Record* record : before) {
    if (next < left.size() && left[next] == record) {
      ++next;
    } else {
      removed[static_cast<std::size_t>(record - first)] = true;
    }
  }
}

// Where the records that passed end.
std::size_t end_of_passed(std::span<const Record> records, const ChainVerdict& verdict,
                          const std::optional<Offset>& marking,
                          const std::vector<bool>& removed_unmarked) {
  std::size_t end = verdict.kept.empty() ? 0 : verdict.kept.back() + std::size_t{1};
  if (!marking) return end;
  while (end < verdict.held_begin && records[end].offset() < *marking && !removed_unmarked[end]) {
    ++end;
  }
  return end;
}

}  // namespace

FilterChain::FilterChain(const Filters& filters, const TopicPartition& partition) {
  filters_.reserve(filters.size());
  for (const FilterFactory& factory : filters) {
    filters_.push_back(factory.make(partition));
    if (!filters_.back()) {
      throw std::runtime_error("filter " + std::to_string(filters_.size() - 1) + ", " +
                               factory.text() + ": its factory gave no filter");
    }
  }
}

ChainVerdict FilterChain::apply(std::span<const Record> records, TimePoint now, WallTime wall_now) {
  FilterBatch batch(records, now, wall_now);
  Answers answers;
  std::vector<bool> removed_unmarked(records.size());  // by filters that do not mark
  std::vector<const Record*> before;
  for (const auto& filter : filters_) {
    before.assign(batch.pointers().begin(), batch.pointers().end());
    filter->apply(batch);
    const FilterAction action = filter->action();
    const bool has_removed = batch.size() != before.size();
    if (!has_removed && action.kind == FilterAction::Kind::kSkip) continue;
    answers.add(*filter, action);
    if (has_removed && !filter->marks()) {
      note_removed(before, batch.pointers(), records.data(), removed_unmarked);
    }
  }
  ChainVerdict verdict{
      .is_applied = answers.has_any, .passed_end = records.size(), .held_begin = records.size()};
  std::span<const Record* const> kept = batch.pointers();
  if (verdict.is_applied) {
    verdict.action = answers.action();
    if (verdict.action.kind != FilterAction::Kind::kSkip) verdict.cursor = answers.cursor;
    if (verdict.cursor) {
      const auto held = std::partition_point(
          records.begin(), records.end(),
          [&](const Record& record) { return record.offset() < *verdict.cursor; });
      verdict.held_begin = static_cast<std::size_t>(held - records.begin());
    }
    for (const Record* record : kept) {
      const auto index = static_cast<std::size_t>(record - records.data());
      if (index < verdict.held_begin) verdict.kept.push_back(static_cast<std::uint32_t>(index));
    }
    kept = kept.first(verdict.kept.size());
    verdict.passed_end = end_of_passed(records, verdict, answers.marking, removed_unmarked);
  }
  for (const auto& filter : filters_) filter->let_through(kept);
  return verdict;
}

}  // namespace rookery
