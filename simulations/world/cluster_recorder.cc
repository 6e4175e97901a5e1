// cluster_recorder.cc
//
// Records one by one, members as the processes they live in.

#include "simulations/world/cluster_recorder.h"

#include <rookery/base/murmur2.h>
#include <rookery/transport/record.h>

#include <algorithm>

#include "simulations/history/content_hash.h"

namespace rookery::sim {

ProcessIndex ClusterRecorder::process_of(const std::string& member_id) const {
  const ProcessId process = stage_.network.process_of_member(member_id);
  return process == SimulatedNetwork::kNobody ? kNone : stage_.recorder.process_of(process);
}

namespace {

class BlockHeaders final : public HeaderReader {
 public:
  Headers read(const void* source) const override {
    return mock::decode_headers(static_cast<const char*>(source));
  }
};
constexpr BlockHeaders kBlockHeaders;

// By the definition, in words of its own: what throws is segment 0's.
std::size_t segment_by(const ParallelSegments& segments, const Record& record) {
  Bytes key;
  try {
    key = segments.by(record);
  } catch (...) {
    return 0;
  }
  if (key.is_null()) return static_cast<std::size_t>(record.offset()) % segments.count;
  return (murmur2(key.view()) & 0x7fffffffU) % segments.count;
}

}  // namespace

void ClusterRecorder::note_foreign(const TopicPartition& partition, const mock::BlockRecord& record,
                                   Offset offset) {
  for (const Segment& segment : segments_) {
    if (segment.topic != partition.topic) continue;
    const PartitionHandle handle{partition, &kBlockHeaders};
    const Record view({.partition = &handle,
                       .offset = offset,
                       .timestamp_ms = record.timestamp_ms,
                       .key = record.key,
                       .value = record.value,
                       .header_source = record.headers});
    if (segment_by(segment.segments, view) == segment.number) continue;
    stage_.judge.set_foreign(stage_.history.group(segment.group),
                             stage_.history.partition(partition), offset);
  }
}

void ClusterRecorder::appended(const mock::AppendEvent& event) {
  if (event.block->is_control()) return;
  const PartitionIndex partition = stage_.history.partition(event.partition);
  const bool is_weak = event.acks == 0 || event.acks == 1;
  held_[event.partition].push_back({event.base_offset, event.block});
  mock::BlockRecord record;
  for (const char* at = event.block->begin(); at != event.block->end();) {
    at = mock::RecordBlock::read(at, record);
    note_foreign(event.partition, record, event.base_offset + record.offset_delta);
    if (event.is_restored)
      restored_[event.partition].insert(event.base_offset + record.offset_delta);
    stage_.recorder.tell({.kind = event.is_restored ? EventKind::kRestored
                                  : is_weak         ? EventKind::kAppendedWeakly
                                                    : EventKind::kAppended,
                          .partition = partition,
                          .offset = event.base_offset + record.offset_delta,
                          .key = key_hash(record.key),
                          .detail = content_hash(record.key, record.value)});
  }
}

void ClusterRecorder::lost(const mock::LossEvent& event) {
  const bool is_clean = event.reason == mock::LossReason::kNotReplicated;
  stage_.recorder.tell({.kind = is_clean ? EventKind::kLost : EventKind::kLostLegally,
                        .partition = stage_.history.partition(event.partition),
                        .offset = event.from});
  std::set<Offset>& restored = restored_[event.partition];
  restored.erase(restored.lower_bound(event.from), restored.end());
  std::vector<Held>& all = held_[event.partition];
  if (!is_clean) {
    has_lost_ends_ = true;
    for (const Held& held : all) {
      note_lost(event.partition, held, event.from, event.end, mock::name(event.reason));
    }
  }
  std::erase_if(all, [&](const Held& held) { return held.base_offset >= event.from; });
}

void ClusterRecorder::note_lost(const TopicPartition& partition, const Held& held, Offset from,
                                Offset end, const char* reason) {
  mock::BlockRecord record;
  for (const char* at = held.block->begin(); at != held.block->end();) {
    at = mock::RecordBlock::read(at, record);
    const Offset offset = held.base_offset + record.offset_delta;
    if (offset < from || offset >= end) continue;
    lost_.push_back({partition,
                     {offset, -1, record.timestamp_ms, record.key, record.value,
                      mock::decode_headers(record.headers)},
                     reason});
  }
}

bool ClusterRecorder::is_restored(const TopicPartition& partition, Offset offset) const {
  const auto found = restored_.find(partition);
  return found != restored_.end() && found->second.contains(offset);
}

void ClusterRecorder::log_start_moved(const mock::LogStartEvent& event) {
  const char* const reason = mock::name(event.reason);
  stage_.recorder.tell({.kind = EventKind::kRemoved,
                        .partition = stage_.history.partition(event.partition),
                        .offset = event.new_start,
                        .detail = stage_.history.note(reason)});
  for (const Held& held : held_[event.partition]) {
    note_lost(event.partition, held, event.old_start, event.new_start, reason);
  }
}

void ClusterRecorder::committed(const mock::CommitEvent& event) {
  stage_.recorder.tell({.kind = EventKind::kCommitted,
                        .process = process_of(event.member_id),
                        .group = stage_.history.group(event.group),
                        .partition = stage_.history.partition(event.partition),
                        .offset = event.offset,
                        .detail = static_cast<std::uint64_t>(event.generation)});
}

void ClusterRecorder::generation_completed(const mock::GenerationEvent& event) {
  ++generations_;
  const GroupIndex group = stage_.history.group(event.group);
  stage_.recorder.tell({.kind = EventKind::kGeneration,
                        .group = group,
                        .detail = static_cast<std::uint64_t>(event.generation)});
  for (const auto& [member, partitions] : event.assignments) {
    const ProcessIndex process = process_of(member);
    stage_.recorder.tell({.kind = EventKind::kMember, .process = process, .group = group});
    for (const TopicPartition& partition : partitions) {
      stage_.recorder.tell({.kind = EventKind::kAssigned,
                            .process = process,
                            .group = group,
                            .partition = stage_.history.partition(partition)});
    }
  }
}

}  // namespace rookery::sim
