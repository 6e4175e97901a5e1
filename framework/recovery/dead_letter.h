// dead_letter.h
//
// Records that could not be processed, kept in a topic of their own with the reason and where they
// came from. The setting, and what such a record looks like.
//
// A dead letter has its record's payload and key byte for byte (null stays null, empty stays empty)
// and its headers in order, duplicates too. Then come the headers below, all text; a record that
// had some of them already, because it had died before, keeps those behind: history reads newest
// first.
//
//   source_schema                                   the version of these, 1 (docs/formats.md)
//   source_topic, source_partition, source_offset   where it was
//   source_consumer_group, source_attempts          whose it was, and how often it ran
//   source_trace_id                                 32 hex digits, those of the event
//   source_timestamp                                its time, milliseconds since the epoch; or -1
//   source_error_class, source_error_message        why; the message is cut at 1 KiB
//
// Its partition follows from the source partition alone, not from its key: the failures of one
// source partition stay in order in one partition of the dead letter topic, whatever the two
// topics' partition counts. Source: Karafka 2.5's enhanced dead letter queue.
#pragma once

#include <rookery/base/headers.h>
#include <rookery/base/result.h>
#include <rookery/transport/record.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rookery {

// What the lane does while a dead letter is under way.
enum class Dispatch {
  kAsync,  // goes on
  kSync,   // waits for the acknowledgement; no worker waits with it
};

// Of one topic's route. After max_retries the record that is to blame, and no other, becomes a dead
// letter; its offset is marked once that is acknowledged. A dead letter that cannot be sent is an
// error like any other: it is sent again after a backoff, with the records that follow it.
struct DeadLetterQueue {
  std::string topic = {};    // empty: the record is dropped after max_retries; an event tells
  int max_retries = 3;       // >= 0; attempts beyond the first
  bool independent = false;  // batches: attempts are counted for each record, not for the batch
  Dispatch dispatch = Dispatch::kAsync;
  // false: the consumer's next mark() covers it, once it is acknowledged. With manual marking only:
  // the automatic marks of the records behind it would cover it all the same (validate() says so).
  bool mark_after_dispatch = true;
};

inline constexpr std::string_view kSourcePrefix = "source_";
inline constexpr std::size_t kErrorMessageMost = 1024;  // bytes

// Where a dead letter came from, and why.
struct DeadLetterSource {
  TopicPartition partition;
  Offset offset = -1;
  std::string group;
  int attempts = 0;
  std::string trace_id;
  std::int64_t timestamp_ms = -1;
  std::string error_class;
  std::string error_message;
};

// The headers of a dead letter made of a record with these.
Headers dead_letter_headers(const Headers& original, const DeadLetterSource& source);

// The partition of a topic with `count` partitions that gets a source partition's dead letters:
// murmur2 of its number as text. count >= 1.
PartitionId dead_letter_partition(PartitionId source, std::int32_t count);

// Reads the newest source of a dead letter. Error: kInvalidRecord, it is none, or of a
// newer version.
Result<DeadLetterSource> read_dead_letter(const Headers& headers);

// The headers without all that begin with source_: those of the record before it died.
Headers without_source(const Headers& headers);

}  // namespace rookery
