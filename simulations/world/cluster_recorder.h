// cluster_recorder.h
//
// What the cluster acknowledges, written into the history.
#pragma once

#include <rookery/routing/segments.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/cluster/inspection.h"
#include "mockbroker/cluster/observer.h"
#include "simulations/world/stage.h"

namespace rookery::sim {

class ClusterRecorder final : public mock::Observer {
 public:
  explicit ClusterRecorder(Stage& stage) : stage_(stage) {}

  void appended(const mock::AppendEvent& event) override;
  void lost(const mock::LossEvent& event) override;
  void log_start_moved(const mock::LogStartEvent& event) override;
  void committed(const mock::CommitEvent& event) override;
  void generation_completed(const mock::GenerationEvent& event) override;
  void topic_grew(const mock::TopicEvent& event) override {
    if (on_grown_) on_grown_(event.topic, event.partitions);
  }

  // A group that is a parallel segment of what reads the topic.
  struct Segment {
    std::string topic;
    std::string group;
    ParallelSegments segments;
    std::size_t number = 0;
  };
  // Before anything is appended.
  void add_segment(Segment segment) { segments_.push_back(std::move(segment)); }

  // To so many partitions in all.
  using OnGrown = std::function<void(const std::string& topic, std::int32_t partitions)>;
  void on_grown(OnGrown handler) { on_grown_ = std::move(handler); }

  std::uint64_t generations() const { return generations_; }
  struct Lost {
    TopicPartition partition;
    mock::StoredRecord record;
    const char* reason;
  };
  // What was lost by right, of all partitions, in the order in which it went.
  const std::vector<Lost>& legally_lost() const { return lost_; }
  // Whether logs have lost their ends by right: consumers must go back.
  bool has_lost_ends() const { return has_lost_ends_; }
  // Whether an unclean election brought the record back.
  bool is_restored(const TopicPartition& partition, Offset offset) const;

 private:
  ProcessIndex process_of(const std::string& member_id) const;

  Stage& stage_;
  // What was appended; blocks are shared with the cluster.
  struct Held {
    Offset base_offset;
    std::shared_ptr<const mock::RecordBlock> block;
  };
  void note_lost(const TopicPartition& partition, const Held& held, Offset from, Offset end,
                 const char* reason);

  void note_foreign(const TopicPartition& partition, const mock::BlockRecord& record,
                    Offset offset);

  std::vector<Segment> segments_;
  OnGrown on_grown_;
  std::uint64_t generations_ = 0;
  std::vector<Lost> lost_;
  bool has_lost_ends_ = false;
  std::map<TopicPartition, std::set<Offset>> restored_;
  std::map<TopicPartition, std::vector<Held>> held_;
};

}  // namespace rookery::sim
