// group_moves.h
//
// Offsets of a group are moved, copied to another group, or go with its new name.
//
// All of it is planned first, and refused as a whole: nothing is written where a group whose
// offsets would change has members (kNonEmptyGroup names them; members go on from where they are
// and commit over it), or an offset lies outside its log. `is_dry_run` ends there, and answers the
// plan.
//
// What a group has done beyond what it committed lies beside each offset (docs/progress-format.md).
// A copy takes it along; a seek drops it, for records are to run again.
#pragma once

#include <rookery/admin/admin.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rookery {

struct OffsetMove {
  TopicPartition partition;
  std::optional<Offset> from;  // what the group had committed there before; none: nothing
  Offset to = 0;
};

struct GroupSeek {
  enum class To { kEarliest, kLatest, kOffset, kTime, kShift };
  To to = To::kEarliest;
  std::int64_t value = 0;  // kOffset: it; kShift: how far, negative: back
  Timestamp time = {};     // kTime: the first record at or after it; else the end
};

struct GroupSeekOptions {
  // Which partitions: those of these topics; else all of all topics in which the group has
  // committed something. A shift moves only those with a committed offset, and stays in the log.
  std::vector<std::string> topics = {};
  std::vector<TopicPartition> partitions = {};  // beside these
  bool is_dry_run = false;
};

// In the order of partitions; those that are there already are left out. Errors besides:
// kGroupIdNotFound, a group without offsets where no topics are named; kOffsetOutOfRange, naming
// each partition and its range.
Result<std::vector<OffsetMove>> seek_group(Admin& admin, const std::string& group,
                                           const GroupSeek& seek,
                                           const GroupSeekOptions& options = {});

struct GroupCopyOptions {
  std::vector<std::string> topics = {};  // only offsets of these; none: all
  // Although the target has other offsets in these partitions: they are overwritten.
  bool is_forced = false;
  bool is_dry_run = false;
};

struct GroupCopy {
  std::vector<OffsetMove> moves;          // of the target, those that change
  std::vector<TopicPartition> unchanged;  // it had the same already
  std::vector<TopicPartition> gone;       // their topics exist no more: not copied

  // Whether anything was copied, or would be.
  bool is_copied() const { return !moves.empty(); }
};

// The source may be at work: it is copied as it was at one moment. Errors besides:
// kGroupIdNotFound, a source that does not exist; kState, the target has other offsets.
Result<GroupCopy> copy_group(Admin& admin, const std::string& from, const std::string& to,
                             const GroupCopyOptions& options = {});

// Copied as a whole, and the source deleted, so it must have no members either. When the deletion
// fails the error says that both are there. kState besides: offsets in topics that
// nobody sees (gone, or not ours to describe), which would be lost, unless forced.
// kInvalidArgument: some topics only.
Result<GroupCopy> rename_group(Admin& admin, const std::string& from, const std::string& to,
                               const GroupCopyOptions& options = {});

}  // namespace rookery
