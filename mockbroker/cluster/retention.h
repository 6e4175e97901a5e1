// retention.h
//
// How records leave a log: by age, by size (cleanup.policy=delete), and by being overwritten
// (cleanup.policy=compact).
//
// Kafka removes whole segments and never touches the active one; here every block is a segment of
// its own, so that what may go does go. Sources: Kafka's LogCleaner, UnifiedLog.deleteOldSegments;
// KIP-534 for tombstones.
#pragma once

#include "mockbroker/cluster/log.h"

#include <cstdint>

namespace rookery::mock {

// Where the log would start after retention; its present start when nothing may go. Only what ends
// below `end` may. retention_ms: blocks at the front whose newest record is older; negative: none.
Offset start_by_age(const PartitionLog& log, std::int64_t retention_ms, std::int64_t wall_ms,
                    Offset end);
// retention_bytes: blocks at the front that the log can do without and still hold as much;
// negative: none.
Offset start_by_size(const PartitionLog& log, std::int64_t retention_bytes, Offset end);

struct CompactionRules {
  std::int64_t delete_retention_ms =
      86'400'000;  // delete.retention.ms: how long a tombstone stays after its first compaction
  std::int64_t min_compaction_lag_ms = 0;  // min.compaction.lag.ms: younger records are left alone
};
struct CompactionResult {
  Offset below = 0;  // what was compacted: all offsets below it
  std::size_t records_removed = 0;
};
// Keeps the last record of each key; offsets stay as they are. A block that lost all its records
// goes, but for the log's last, which stays empty, so that readers' positions reach the end.
CompactionResult compact(PartitionLog& log, const CompactionRules& rules, std::int64_t wall_ms,
                         Offset end);

}  // namespace rookery::mock
