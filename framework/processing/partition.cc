// partition.cc
//
// A partition's life: its steps, and its end.
#include <rookery/processing/partition.h>

#include <rookery/instrumentation/error_class.h>
#include <rookery/recovery/trace_id.h>

#include <new>
#include <utility>

namespace rookery {
namespace {

DecodedMetadata metadata_of(const AssignedPartition& assigned) {
  if (!assigned.committed) return {};
  return decode_metadata({assigned.partition, *assigned.committed}, assigned.metadata);
}

}  // namespace

namespace {

struct GateLeaver {
  GateLeaver(StepGate& entered, PartitionEnvironment& shared)
      : gate(entered), environment(shared) {}
  ~GateLeaver() {
    if (gate.leave()) environment.wake_control();
  }
  GateLeaver(const GateLeaver&) = delete;
  GateLeaver& operator=(const GateLeaver&) = delete;

  StepGate& gate;
  PartitionEnvironment& environment;
};

std::unique_ptr<const SegmentFilter> segment_filter(Partition& partition) {
  const PartitionEnvironment& environment = partition.environment();
  if (!environment.segments) return nullptr;
  return std::make_unique<const SegmentFilter>(
      *environment.segments, environment.segment,
      [&partition](const Record& record, const std::exception* exception) {
        partition.publish_error(
            "key", exception ? class_name(*exception) : "unknown",
            exception ? exception->what() : "an exception that is no std::exception",
            record.offset(), trace_id_or_empty(record));
      });
}

}  // namespace

Partition::Partition(std::shared_ptr<PartitionEnvironment> environment,
                     const AssignedPartition& assigned, ConsumerFactory factory,
                     TopicSettings settings)
    : Partition(std::move(environment), assigned, std::move(factory), std::move(settings),
                metadata_of(assigned)) {}

Partition::Partition(std::shared_ptr<PartitionEnvironment> environment,
                     const AssignedPartition& assigned, ConsumerFactory factory,
                     TopicSettings settings, DecodedMetadata inherited)
    : environment_(std::move(environment)),
      topic_partition_(assigned.partition),
      assignment_(assigned.assignment),
      stream_(assigned.stream),
      settings_(std::move(settings)),
      times_(environment_->run_times != nullptr
                 ? &environment_->run_times->of(environment_->group, topic_partition_.topic)
                 : nullptr),
      metadata_problem_(std::move(inherited.problem)),
      committed_metadata_(inherited.progress.own_metadata),
      segment_(segment_filter(*this)),
      marks_(settings_.window, DoneBeyond(assigned.committed.value_or(0), inherited.progress),
             assigned.committed.value_or(0), std::move(inherited.progress.own_metadata)) {
  attach_to(*environment_->pool);
  if (!settings_.filters.empty()) {
    filters_ = std::make_unique<FilterStage>(settings_, topic_partition_);
  }
  if (settings_.ordering.has_one_lane()) {
    sole_ = std::make_unique<Sole>(*this, std::move(factory));
    marks_.add_lane(sole_->desk);
  } else {
    lanes_ = std::make_unique<PartitionLanes>(*this, std::move(factory), settings_);
  }
}

Partition::~Partition() = default;

Partition::Sole::Sole(Partition& partition, ConsumerFactory factory)
    : desk(partition, std::nullopt),
      lane(partition, desk, std::move(factory), partition.settings()) {}

void Partition::start() {
  stream_->set_ready([weak = weak_from_this()] {
    if (const auto partition = weak.lock()) partition->schedule();
  });
  schedule();  // a new stream counts as ready
}

void Partition::end(Ending ending) {
  if (ending_.load() < static_cast<int>(ending)) ending_.store(static_cast<int>(ending));
  marks_.interrupt_all();
  environment_->outputs->wake();  // a dead letter that waits for room is the next owner's now
  schedule();
}

void Partition::finish() {
  stream_->clear_ready();
  marks_.set_gone();
  environment_->outputs->wake();  // a consumer that waits for room learns that it is over
  schedule();
}

bool Partition::is_revoked() const {
  return is_gone() || ending_.load() >= static_cast<int>(Ending::kRevoked);
}

// ---- The step

void Partition::step() {
  try {
    if (step_to_the_end() || is_broken()) return;
    if (sole_) {
      advance_sole();
    } else if (gate_.enter()) {  // if not, a step follows
      const GateLeaver leaver(gate_, *environment_);
      advance_lanes();
    }
  } catch (const std::bad_alloc&) {
    break_down();
  }
}

void Partition::advance_lanes() {
  start_over_if_moved();
  lanes_->collect();
  marks_.forget_taken_away_below(marks_.committable());
  if (waits_for_resume()) return;
  bool has_taken = false;
  while (!lanes_->has_a_batch() && !is_quiet()) {
    RecordBatch batch = take(settings_.max_records);
    if (batch.empty()) break;
    has_taken = true;
    lanes_->gather(std::move(batch));
  }
  if (lanes_->has_a_batch() || now() >= lanes_->due_at()) {
    lanes_->deal();
  } else if (lanes_->due_at() != kNever) {
    schedule_at(lanes_->due_at());
  }
  lanes_->give();
  if (is_end_due()) is_at_end_ = !lanes_->tell_end();
  if (has_taken) schedule();  // only an empty take means empty; others' turn first
}

// What the step left half done is not gone on with: what is committable stays, and all after it is
// the next owner's. The server stops, and so this ends.
void Partition::break_down() {
  is_broken_.store(true, std::memory_order_relaxed);
  marks_.close();
  environment_->on_bad_alloc("the worker of " + topic_partition_.text());
  schedule();
}

// Whether the partition is ending: then nothing else is to be done.
bool Partition::step_to_the_end() {
  const auto ending = static_cast<Ending>(ending_.load());
  if (ending == Ending::kNone) return false;
  if (filters_) filters_->clear();  // what waits is the next owner's
  if (sole_ && !sole_->is_ended) {
    if (!sole_->lane.settle()) return true;  // whoever finishes its record has us come back
    hear_of_seek();
    sole_->is_ended = true;
    end_lane(sole_->lane, sole_->desk);
  }
  if (lanes_) {
    if (!marks_.are_all_ended()) {  // the last one has us come back
      lanes_->schedule_all();
      return true;
    }
    lanes_->clear();
    held_.reset();
  }
  if (marks_.quiesce(/*is_forced=*/ending == Ending::kLost)) environment_->on_quiesced();
  return true;
}

void Partition::end_lane(Lane& lane, LaneDesk& desk) {
  if (const auto failed = marks_.take_failure(desk)) publish_output_failure(*failed);
  if (is_broken()) return lane.clear();
  if (ending_.load() == static_cast<int>(Ending::kShutdown)) {
    lane.run_hook(&ConsumerBase::shutdown, "shutdown");
  } else {
    lane.run_hook(&ConsumerBase::revoked, "revoked");
  }
  lane.clear();
}

}  // namespace rookery
