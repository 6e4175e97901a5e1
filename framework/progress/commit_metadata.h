// commit_metadata.h
//
// What is written into a commit's metadata beside the offset: which records beyond it are done, so
// that the next owner does not repeat them, and the user's own string.
//
//   const TopicPartitionOffset at{{"orders", 3}, 100};
//   const auto encoded = encode_metadata(at, {.leader_epoch = 7, .done = {{101, 140}, {142,
//   143}}}); commit(at, encoded->text);  // "rookery:1:aRAUUgEIAAEnAgE"
//   ...
//   const DecodedMetadata decoded = decode_metadata(at, text_found_with_the_offset);
//   if (decoded.is_ignored()) tell(decoded.problem);
//
// The format is docs/progress-format.md. A text counts only for the partition and the offset it was
// written for: moved elsewhere, shortened or changed it is told as broken, and answers no range.
// Pure functions of their arguments; any thread.
#pragma once

#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>
#include <rookery/progress/offset_range.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rookery {

// Kafka's default of offset.metadata.max.bytes.
inline constexpr std::size_t kCommitMetadataBytesMost = 4096;

// Of the user's string, at most: so there is always room for the ranges of 16,000 records.
inline constexpr std::size_t kOwnMetadataBytesMost = 1024;

struct CommitProgress {
  // The highest among the records in `done`; -1: unknown. It says in which life of the log they
  // lay.
  std::int32_t leader_epoch = -1;
  OffsetRanges done = {};         // all at or beyond the committed offset
  std::string own_metadata = {};  // the user's: any bytes
};

struct EncodedMetadata {
  std::string text;         // empty: there is nothing to tell
  bool is_whole = true;     // false: what lies at and above carried_end is not in it
  Offset carried_end = -1;  // of the last range in it; the committed offset when none is
  // Bytes that all the ranges need, and that there are for ranges.
  std::size_t bytes_needed = 0;
  std::size_t bytes_most = 0;
};

// Ranges have priority in their order: what does not fit is left out, and its records will be run
// again. Errors: kOffsetMetadataTooLarge when the user's string alone does not fit;
// kInvalidArgument when `done` is not as OffsetRanges has to be, or begins below the offset.
Result<EncodedMetadata> encode_metadata(const TopicPartitionOffset& at,
                                        const CommitProgress& progress,
                                        std::size_t text_bytes_most = kCommitMetadataBytesMost);

// Bytes that ranges need, without making them: what bytes_needed would be. In time of the ranges.
std::size_t range_bytes_needed(Offset committed, const OffsetRanges& done);
// What bytes_most would be for a string of the user's of that size, or some bytes less.
std::size_t range_bytes_most(std::size_t own_size,
                             std::size_t text_bytes_most = kCommitMetadataBytesMost);

// More ranges than any text holds.
inline constexpr std::size_t kCommitRangesMost = kCommitMetadataBytesMost * 4;

enum class MetadataKind {
  kNone,     // nothing was written
  kOurs,     // `progress` says what
  kForeign,  // another library's, or written by hand
  kNewer,    // of a version that this one cannot read
  kBroken,   // shortened, changed, or of another partition or offset
};

struct DecodedMetadata {
  MetadataKind kind = MetadataKind::kNone;
  CommitProgress progress;  // empty unless kOurs
  std::string problem;      // a sentence for people, unless kNone or kOurs

  bool is_ignored() const { return !problem.empty(); }
};

// Takes any bytes; time and memory are bounded by kCommitMetadataBytesMost.
DecodedMetadata decode_metadata(const TopicPartitionOffset& at, std::string_view text);

}  // namespace rookery
