// offsets.h
//
// What a consumer does with its partition's offsets beyond plain marks: strings beside them,
// commits, seeking, pausing. docs/offsets.md is the guide.
//
//   void consume(const Record& order) override {
//     book(order);
//     if (const Status committed = mark_and_commit(order); !committed) {
//       if (committed.error().code == ErrorCode::kRevoked) return;  // its next owner does it again
//     }
//   }
//
// Thread rules: pause and resume from any thread as long as the consumer object lives; the rest
// only inside the consumer's functions. What waits does so on the worker, to its deadline: neither
// the group's membership nor other partitions wait with it.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time_types.h>
#include <rookery/transport/record.h>

#include <chrono>
#include <cstddef>
#include <string>

namespace rookery {

// Where a seek goes: to an offset, to the first record at or after a time (by the records'
// timestamps; the end, if there is none), to the log's beginning or its end.
//
//   seek(record.offset() + 100);  seek(Timestamp(...));  seek(SeekTo::earliest());
class SeekTo {
 public:
  enum class Kind { kOffset, kTime, kEarliest, kLatest };

  SeekTo(Offset offset) : kind_(Kind::kOffset), offset_(offset) {}  // NOLINT: meant to convert
  SeekTo(Timestamp time) : kind_(Kind::kTime), time_(time) {}       // NOLINT: meant to convert
  static SeekTo earliest() { return SeekTo(Kind::kEarliest); }
  static SeekTo latest() { return SeekTo(Kind::kLatest); }

  Kind kind() const { return kind_; }
  Offset offset() const { return offset_; }
  Timestamp time() const { return time_; }
  std::string text() const;  // "offset 40", "time 1767225600000", "earliest", "latest"

 private:
  explicit SeekTo(Kind kind) : kind_(kind) {}

  Kind kind_;
  Offset offset_ = -1;
  Timestamp time_{};
};

class Offsets {
 public:
  static constexpr Duration kTimeout = std::chrono::seconds(10);

  // As mark(record), and from the moment when all up to it is done commits carry the string, until
  // a later record brings another: the next owner reads it. Throws std::length_error beyond
  // kOwnMetadataBytesMost bytes.
  virtual bool mark(const Record& record, std::string metadata) = 0;

  // Marks, waits for outputs under way of what it marks, and commits what is done by then. Success
  // is the word of the group's coordinator. Errors: kRevoked: the partition is no longer ours, its
  // next owner does again what is not committed; kState: a seek has passed the record by; what was
  // wrong with an output, which runs again; kTimedOut: not known within the time.
  virtual Status mark_and_commit(const Record& record, Duration timeout = kTimeout) = 0;
  virtual Status mark_and_commit(const Record& record, std::string metadata,
                                 Duration timeout = kTimeout) = 0;

  // Commits what the partition has done, and waits for the answer; errors as above.
  virtual Status commit(Duration timeout = kTimeout) = 0;
  // The same soon, without waiting; the events offsets.committed and error.occurred tell. False:
  // the partition is no longer ours.
  virtual bool commit_async() = 0;

  // The string that came with the committed offset where this ownership began; empty: none.
  virtual const std::string& committed_metadata() const = 0;

  // Goes on elsewhere; answers at which offset. Everything at and above it is taken (again), and
  // what was not yet begun below it counts as done without being run. What was begun below it is
  // brought to its end as ever. Marks, failures and outputs of records at and above it that were
  // taken before no longer count. On an error nothing has changed: kOffsetOutOfRange: the log has
  // no such offset; kRevoked; kTimedOut and what brokers say.
  virtual Result<Offset> seek(const SeekTo& to, Duration timeout = kTimeout) = 0;

  // Begins nothing more in this partition for so long (Duration::max(): until resume()); what is
  // under way goes on. The latest call counts. Filters are not asked meanwhile; what they hold back
  // stays held after it.
  virtual void pause(Duration time) = 0;
  virtual void resume() = 0;
  virtual bool is_paused() const = 0;

 protected:
  ~Offsets() = default;
};

}  // namespace rookery
