// cluster_recorder.cc
//
// Records one by one, members as the processes they live in.

#include "simulations/world/cluster_recorder.h"

#include "simulations/history/content_hash.h"

namespace rookery::sim {

ProcessIndex ClusterRecorder::process_of(const std::string& member_id) const {
  const ProcessId process = stage_.network.process_of_member(member_id);
  return process == SimulatedNetwork::kNobody ? kNone : stage_.recorder.process_of(process);
}

void ClusterRecorder::appended(const mock::AppendEvent& event) {
  if (event.block->is_control()) return;
  const PartitionIndex partition = stage_.history.partition(event.partition);
  const bool is_weak = event.acks == 0 || event.acks == 1;
  mock::BlockRecord record;
  for (const char* at = event.block->begin(); at != event.block->end();) {
    at = mock::RecordBlock::read(at, record);
    stage_.recorder.tell({.kind = is_weak ? EventKind::kAppendedWeakly : EventKind::kAppended,
                          .partition = partition,
                          .offset = event.base_offset + record.offset_delta,
                          .detail = content_hash(record.key, record.value)});
  }
}

void ClusterRecorder::lost(const mock::LossEvent& event) {
  const bool is_clean = event.reason == mock::LossReason::kNotReplicated;
  stage_.recorder.tell({.kind = is_clean ? EventKind::kLost : EventKind::kLostLegally,
                        .partition = stage_.history.partition(event.partition),
                        .offset = event.from});
}

void ClusterRecorder::log_start_moved(const mock::LogStartEvent& event) {
  stage_.recorder.tell({.kind = EventKind::kRemoved,
                        .partition = stage_.history.partition(event.partition),
                        .offset = event.new_start});
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
