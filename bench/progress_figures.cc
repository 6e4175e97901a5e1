// progress_figures.cc
//
// Beside the ledger a std::set of what is done; beside the metadata a list of ranges in decimals,
// which everybody would write first, and which does not fit into a commit.
#include "bench/progress_figures.h"

#include <rookery/processing/ledger.h>
#include <rookery/progress/commit_metadata.h>
#include <rookery/runtime/time.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rookery::bench {
namespace {

constexpr std::size_t kWindow = 10'000;
constexpr std::size_t kBatch = 500;
constexpr std::size_t kLanes = 100;
constexpr Offset kFirst = 1'000'000;

double seconds_since(TimePoint begin) {
  return std::chrono::duration<double>(now() - begin).count();
}

// The offsets of one window in the order in which lanes that take turns finish them: each has every
// hundredth record, and one after the other finishes what it has.
std::vector<Offset> marking_order() {
  std::vector<Offset> order;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    for (std::size_t i = lane; i < kWindow; i += kLanes) order.push_back(static_cast<Offset>(i));
  }
  return order;
}

class LedgerTurns {
 public:
  explicit LedgerTurns(std::size_t windows) : windows_(windows), order_(marking_order()) {}

  Result<Turn> ours() const {
    static const PartitionHandle kHandle{{"bench", 0}, nullptr};
    std::vector<Record> records(kBatch);
    Ledger ledger;
    const TimePoint begin = now();
    Offset next = kFirst;
    for (std::size_t window = 0; window < windows_; ++window) {
      const Offset first = next;
      for (std::size_t taken = 0; taken < kWindow; taken += kBatch) {
        for (Record& record : records) {
          record = Record({.partition = &kHandle, .offset = next++});
        }
        ledger.take(records, next);
      }
      for (const Offset offset : order_) ledger.mark(first + offset);
    }
    return ended(begin, ledger.committable(), next);
  }

  Result<Turn> raw() const {
    std::set<Offset> done;
    Offset committable = kFirst;
    const TimePoint begin = now();
    Offset next = kFirst;
    for (std::size_t window = 0; window < windows_; ++window) {
      const Offset first = next;
      next += kWindow;
      for (const Offset offset : order_) {
        done.insert(first + offset);
        while (!done.empty() && *done.begin() == committable) {
          done.erase(done.begin());
          ++committable;
        }
      }
    }
    return ended(begin, committable, next);
  }

 private:
  Result<Turn> ended(TimePoint begin, Offset committable, Offset expected) const {
    const double seconds = seconds_since(begin);
    if (committable != expected) {
      return fail(ErrorCode::kState, "committable is " + std::to_string(committable));
    }
    return Turn{.seconds = seconds, .value = static_cast<double>(windows_ * kWindow) / seconds};
  }

  const std::size_t windows_;
  const std::vector<Offset> order_;
};

// Done or not as a generator of random bits says; the first is not.
CommitProgress half_done() {
  CommitProgress progress{.leader_epoch = 7};
  std::uint64_t bits = 0x9e3779b97f4a7c15;
  for (Offset offset = kFirst + 1; offset < kFirst + static_cast<Offset>(kWindow); ++offset) {
    bits ^= bits << 13;
    bits ^= bits >> 7;
    bits ^= bits << 17;
    if ((bits & 1) == 0) continue;
    if (progress.done.empty() || progress.done.back().end != offset) {
      progress.done.push_back({offset, offset});
    }
    progress.done.back().end = offset + 1;
  }
  return progress;
}

std::string decimals(const OffsetRanges& done) {
  std::string text;
  for (const OffsetRange& range : done) {
    text += std::to_string(range.begin) + "-" + std::to_string(range.end) + ",";
  }
  return text;
}

OffsetRanges from_decimals(const std::string& text) {
  OffsetRanges done;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    OffsetRange range;
    at = std::from_chars(at, end, range.begin).ptr + 1;
    at = std::from_chars(at, end, range.end).ptr + 1;
    done.push_back(range);
  }
  return done;
}

class MetadataTurns {
 public:
  explicit MetadataTurns(std::size_t times) : times_(times), progress_(half_done()) {}

  Result<Turn> encode() const {
    std::size_t characters = 0;
    const TimePoint begin = now();
    for (std::size_t i = 0; i < times_; ++i)
      characters += encode_metadata(at_, progress_)->text.size();
    return ended(begin, characters == times_ * encode_metadata(at_, progress_)->text.size());
  }
  Result<Turn> encode_raw() const {
    std::size_t characters = 0;
    const TimePoint begin = now();
    for (std::size_t i = 0; i < times_; ++i) characters += decimals(progress_.done).size();
    return ended(begin, characters == times_ * decimals(progress_.done).size());
  }
  Result<Turn> decode() const {
    const std::string text = encode_metadata(at_, progress_)->text;
    std::size_t ranges = 0;
    const TimePoint begin = now();
    for (std::size_t i = 0; i < times_; ++i) {
      ranges += decode_metadata(at_, text).progress.done.size();
    }
    return ended(begin, ranges == times_ * progress_.done.size());
  }
  Result<Turn> decode_raw() const {
    const std::string text = decimals(progress_.done);
    std::size_t ranges = 0;
    const TimePoint begin = now();
    for (std::size_t i = 0; i < times_; ++i) ranges += from_decimals(text).size();
    return ended(begin, ranges == times_ * progress_.done.size());
  }

 private:
  Result<Turn> ended(TimePoint begin, bool is_right) const {
    const double seconds = seconds_since(begin);
    if (!is_right) return fail(ErrorCode::kState, "what was written was not read");
    return Turn{.seconds = seconds, .value = seconds * 1e6 / static_cast<double>(times_)};
  }

  const std::size_t times_;
  const CommitProgress progress_;
  const TopicPartitionOffset at_{.partition = {"bench", 0}, .offset = kFirst};
};

}  // namespace

void add_progress_figures(Measurements& measurements) {
  const bool is_quick = measurements.settings().is_quick;
  const LedgerTurns ledger(is_quick ? 2 : 1'000);
  measurements.add({.name = "ledger.mark",
                    .unit = "records/s",
                    .target = [](double) { return 20e6; },
                    .ours = [ledger] { return ledger.ours(); },
                    .raw = Alternative{.take_turn = [ledger] { return ledger.raw(); }}});
  const MetadataTurns metadata(is_quick ? 2 : 10'000);
  measurements.add({.name = "metadata.encode",
                    .unit = "us",
                    .better = Better::kLower,
                    .target = [](double) { return 100.0; },
                    .ours = [metadata] { return metadata.encode(); },
                    .raw = Alternative{.take_turn = [metadata] { return metadata.encode_raw(); }}});
  measurements.add({.name = "metadata.decode",
                    .unit = "us",
                    .better = Better::kLower,
                    .target = [](double) { return 100.0; },
                    .ours = [metadata] { return metadata.decode(); },
                    .raw = Alternative{.take_turn = [metadata] { return metadata.decode_raw(); }}});
}

}  // namespace rookery::bench
