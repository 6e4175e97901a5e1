// lane_key.h
//
// Asks a key function, and tells of what it throws.
//
// Thread rules: one thread at a time, no lock held: it runs user code.
#pragma once

#include <rookery/routing/key_function.h>

#include <exception>
#include <functional>
#include <utility>

namespace rookery {

struct LaneKey {
  enum class Kind { kBytes, kNone, kBroken };
  Kind kind = Kind::kNone;
  Bytes bytes = {};  // until the key function is called again
};

// What was thrown for a record; null: no std::exception.
using KeyErrorHandler = std::function<void(const Record&, const std::exception*)>;

class KeyReader {
 public:
  KeyReader(KeyFunction by, KeyErrorHandler on_error)
      : by_(std::move(by)), on_error_(std::move(on_error)) {}

  // A throw makes the key kBroken; std::bad_alloc alone passes.
  LaneKey read(const Record& record) const;

 private:
  const KeyFunction by_;
  const KeyErrorHandler on_error_;
};

}  // namespace rookery
