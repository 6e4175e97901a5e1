// keyed_records.h
//
// For tests of several lanes: records by key, and a consumer that fails on one key.
#pragma once

#include <rookery/processing/testing/harness.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace rookery::fakes {

inline std::string text(const Record& record) {
  return record.key().str() + "@" + std::to_string(record.offset());
}

// An empty name is a record without a key.
inline void push_keys(FakeStream& stream, const std::vector<std::string>& keys,
                      const std::string& value = "v") {
  std::vector<FakeStream::Content> contents;
  for (const std::string& key : keys) {
    contents.push_back({.key = key.empty() ? OwnedBytes() : OwnedBytes(key), .value = value});
  }
  stream.push_together(std::move(contents));
}

// Notes each record when it is done; those of the key "bad" throw until they are let.
struct Poisoned {
  explicit Poisoned(Board& on) : board(on) {}
  void consume(const Record& record) {
    bool must_throw = false;
    board.look([&] { must_throw = is_bad && record.key().view() == "bad"; });
    if (must_throw) {
      board.note("threw " + text(record));
      throw std::runtime_error("bad");
    }
    board.note("done " + text(record));
  }
  ConsumerFactory factory() {
    return consumer([this](const Record& record) { consume(record); });
  }
  Board& board;
  bool is_bad = true;
};

}  // namespace rookery::fakes
