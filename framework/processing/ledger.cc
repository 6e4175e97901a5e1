// ledger.cc
//
// Runs of offsets number the records; bits by number tell which are done.
#include <rookery/processing/ledger.h>

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <bit>

namespace rookery {

void Ledger::append(Offset offset) {
  if (runs_.empty() || runs_.back().first + static_cast<Offset>(runs_.back().count) != offset) {
    runs_.push_back({offset, taken_, 0});
  }
  ++runs_.back().count;
  ++taken_;
}

void Ledger::take(std::span<const Record> records, Offset next_offset) {
  if (!records.empty()) {
    const Offset first = records.front().offset();
    const Offset last = records.back().offset();
    if (last - first + 1 == static_cast<Offset>(records.size())) {  // no gap, as nearly always
      append(first);
      runs_.back().count += records.size() - 1;
      taken_ += records.size() - 1;
    } else {
      for (const Record& record : records) append(record.offset());
    }
    note_epochs(records);
    undone_ += records.size();
    next_offset_ = last + 1;
    const std::uint64_t words_needed = (taken_ + 63) / 64 - first_word_;
    while (words_.size() < words_needed) words_.push_back(0);
  }
  next_offset_ = std::max(next_offset_, next_offset);
  advance();
}

void Ledger::note_epochs(std::span<const Record> records) {
  if (epochs_.empty() || epochs_.back().epoch != records.front().leader_epoch()) {
    epochs_.push_back({records.front().offset(), records.front().leader_epoch()});
  }
  if (records.front().leader_epoch() == records.back().leader_epoch()) return;  // as nearly always
  for (const Record& record : records) {
    if (epochs_.back().epoch == record.leader_epoch()) continue;
    epochs_.push_back({record.offset(), record.leader_epoch()});
  }
}

bool Ledger::bit(std::uint64_t number) const {
  return (words_[static_cast<std::size_t>(number / 64 - first_word_)] >> (number % 64)) & 1;
}

template <class Change>
void Ledger::for_each_word(std::uint64_t from, std::uint64_t to, Change change) {
  while (from < to) {
    const std::uint64_t end = std::min(to, (from / 64 + 1) * 64);
    const std::uint64_t count = end - from;
    const std::uint64_t mask = (count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1)
                               << (from % 64);
    change(words_[static_cast<std::size_t>(from / 64 - first_word_)], mask);
    from = end;
  }
}

std::size_t Ledger::set_bits(std::uint64_t from, std::uint64_t to) {
  std::size_t changed = 0;
  for_each_word(from, to, [&](std::uint64_t& word, std::uint64_t mask) {
    changed += static_cast<std::size_t>(std::popcount(mask & ~word));
    word |= mask;
  });
  return changed;
}

std::size_t Ledger::clear_bits(std::uint64_t from, std::uint64_t to) {
  std::size_t changed = 0;
  for_each_word(from, to, [&](std::uint64_t& word, std::uint64_t mask) {
    changed += static_cast<std::size_t>(std::popcount(mask & word));
    word &= ~mask;
  });
  return changed;
}

void Ledger::mark_range(Offset first, Offset last) {
  auto run = std::partition_point(runs_.begin(), runs_.end(), [first](const Run& candidate) {
    return candidate.first + static_cast<Offset>(candidate.count) <= first;
  });
  for (; run != runs_.end() && run->first <= last; ++run) {
    const Offset from = std::max(first, run->first);
    const Offset to = std::min(last + 1, run->first + static_cast<Offset>(run->count));
    if (from >= to) continue;
    const std::uint64_t from_number = run->base + static_cast<std::uint64_t>(from - run->first);
    const std::uint64_t to_number = run->base + static_cast<std::uint64_t>(to - run->first);
    if (to_number > prefix_) undone_ -= set_bits(std::max(from_number, prefix_), to_number);
  }
  const bool has_reached_prefix = prefix_ < taken_ && bit(prefix_);
  if (has_reached_prefix || mutant("ledger.commits_past_gap")) advance();
}

void Ledger::unmark(Offset offset) {
  const std::optional<std::uint64_t> number = number_of(offset);
  if (number && *number >= prefix_) undone_ += clear_bits(*number, *number + 1);
}

std::optional<std::uint64_t> Ledger::number_of(Offset offset) const {
  const auto run = std::partition_point(runs_.begin(), runs_.end(), [offset](const Run& candidate) {
    return candidate.first + static_cast<Offset>(candidate.count) <= offset;
  });
  if (run == runs_.end() || offset < run->first) return std::nullopt;
  return run->base + static_cast<std::uint64_t>(offset - run->first);
}

void Ledger::forget_from(Offset offset) {
  const std::uint64_t taken_before = taken_;
  while (!runs_.empty() && runs_.back().first >= offset) {
    taken_ = runs_.back().base;
    runs_.pop_back();
  }
  if (!runs_.empty()) {
    Run& last = runs_.back();
    last.count = std::min(last.count, static_cast<std::uint64_t>(offset - last.first));
    taken_ = last.base + last.count;
  }
  const std::uint64_t undone_from = std::min(std::max(taken_, prefix_), taken_before);
  undone_ -= taken_before - undone_from;
  undone_ += clear_bits(undone_from, taken_before);
  prefix_ = std::min(prefix_, taken_);
  if (taken_ < first_word_ * 64) {  // the words from there on were dropped as done
    first_word_ = taken_ / 64;
    words_.clear();
  }
  words_.resize(static_cast<std::size_t>((taken_ + 63) / 64 - first_word_));
  if (taken_ % 64 != 0) words_.back() &= (std::uint64_t{1} << (taken_ % 64)) - 1;
  next_offset_ = std::min(next_offset_, offset);
  while (!epochs_.empty() && epochs_.back().first >= offset) epochs_.pop_back();
  advance();
}

void Ledger::move_to(Offset target) {
  // Of which epoch those are that are passed by nobody has seen.
  if (target > next_offset_ && !epochs_.empty()) epochs_.push_back({next_offset_, -1});
  forget_from(target);
  next_offset_ = target;
  advance();
}

void Ledger::advance() {
  while (prefix_ < taken_) {
    const std::uint64_t word = words_[static_cast<std::size_t>(prefix_ / 64 - first_word_)];
    const auto done = static_cast<std::uint64_t>(std::countr_one(word >> (prefix_ % 64)));
    if (done == 0) break;
    prefix_ = std::min(taken_, std::min(prefix_ + done, (prefix_ / 64 + 1) * 64));
  }
  while (first_word_ < prefix_ / 64) {
    words_.pop_front();
    ++first_word_;
  }
  while (runs_.size() > 1 && runs_.front().base + runs_.front().count <= prefix_) runs_.pop_front();
  if (prefix_ == taken_) {
    committable_ = next_offset_;
  } else {
    const auto run = std::partition_point(runs_.begin(), runs_.end(), [this](const Run& candidate) {
      return candidate.base + candidate.count <= prefix_;
    });
    committable_ = run->first + static_cast<Offset>(prefix_ - run->base);
    if (mutant("ledger.commits_past_gap")) committable_ = end_of_newest_done();
  }
  // The one of the last record that is done stays: it is committed.
  while (epochs_.size() > 1 && epochs_[1].first < committable_) epochs_.pop_front();
}

// What a ledger without a prefix would commit.
Offset Ledger::end_of_newest_done() const {
  std::uint64_t end = taken_;
  while (end > prefix_ && !bit(end - 1)) --end;
  if (end == prefix_) return committable_;
  const auto run = std::partition_point(runs_.begin(), runs_.end(), [end](const Run& candidate) {
    return candidate.base + candidate.count < end;
  });
  return run->first + static_cast<Offset>(end - run->base);
}

bool Ledger::is_done(Offset offset) const {
  if (const auto number = number_of(offset)) return *number < prefix_ || bit(*number);
  return offset < (runs_.empty() ? committable_ : runs_.front().first);
}

std::uint64_t Ledger::next_with(bool is_done, std::uint64_t from) const {
  while (from < taken_) {
    const std::uint64_t word = words_[static_cast<std::size_t>(from / 64 - first_word_)];
    const std::uint64_t wanted = (is_done ? word : ~word) >> (from % 64);
    if (wanted != 0)
      return std::min(taken_, from + static_cast<unsigned>(std::countr_zero(wanted)));
    from = (from / 64 + 1) * 64;
  }
  return taken_;
}

OffsetRanges Ledger::done_ranges_beyond(std::size_t limit) const {
  OffsetRanges ranges;
  auto run = runs_.begin();
  const auto offset_of = [&](std::uint64_t number) {  // of ever higher numbers
    while (run->base + run->count <= number) ++run;
    return run->first + static_cast<Offset>(number - run->base);
  };
  std::uint64_t number = prefix_;
  while (ranges.size() < limit) {
    const std::uint64_t begin = next_with(true, number);
    if (begin == taken_) break;
    number = next_with(false, begin);
    const Offset first = offset_of(begin);
    ranges.push_back({.begin = first, .end = offset_of(number - 1) + 1});
  }
  return ranges;
}

std::int32_t Ledger::leader_epoch_at(Offset offset) const {
  const auto behind =
      std::partition_point(epochs_.begin(), epochs_.end(),
                           [offset](const EpochStart& start) { return start.first <= offset; });
  return behind == epochs_.begin() ? -1 : std::prev(behind)->epoch;
}

Offset Ledger::newest_taken() const {
  if (runs_.empty() || runs_.back().count == 0) return -1;
  return runs_.back().first + static_cast<Offset>(runs_.back().count) - 1;
}

}  // namespace rookery
