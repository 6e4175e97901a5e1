// partition_filters.cc
//
// Taking through filters.
#include <rookery/processing/partition.h>

#include <rookery/base/duration.h>
#include <rookery/runtime/mutant.h>

#include <chrono>
#include <utility>

namespace rookery {

RecordBatch Partition::take_filtered(std::size_t most) {
  if (now() < filters_->due_at()) {
    schedule_at(filters_->due_at());
    return {};
  }
  if (filters_->empty()) {
    std::optional<Taken> taken = fetch(most);
    if (!taken) return {};
    if (taken->batch.empty()) {
      if (filters_->may_pass_gap()) marks_.take({}, taken->next_offset);
      return {};
    }
    filters_->add(std::move(taken->batch), taken->next_offset);
  }
  FilterStage::Outcome outcome = filters_->filter();
  tell_of_filters(outcome);
  RecordBatch kept;
  if (outcome.split) {
    SplitBatch& split = *outcome.split;
    const bool passes_held = mutant("filters.commits_past_held") && !split.held().empty();
    marks_.take(split.passed(), passes_held ? split.held().next_offset() : split.next_offset());
    for (const auto& [first, last] : split.done()) marks_.mark_range(first, last);
    kept = keep_undone(split.take_kept());
  }
  // The next batch, or what was held back; others' turn first.
  if (kept.empty()) schedule_at(filters_->due_at());
  return kept;
}

// Whether the log went back: what is taken waits with the rest.
void Partition::look_behind_what_waits() {
  std::optional<Taken> taken = fetch(1);
  if (taken && !taken->batch.empty()) {
    filters_->add(std::move(taken->batch), taken->next_offset);
  }
}

void Partition::tell_of_filters(const FilterStage::Outcome& outcome) {
  if (outcome.failure) {
    const FilterStage::Failure& failure = *outcome.failure;
    publish_failure("filter", failure.error_class, failure.message, failure.offset, failure.attempt,
                    /*trace_id=*/{}, /*is_fatal=*/false);
    publish_retry(failure.offset, failure.attempt, failure.wait);
  }
  if (outcome.pause) {
    const FilterStage::Pause& pause = *outcome.pause;
    const auto time = std::chrono::ceil<std::chrono::milliseconds>(pause.time);
    Event event{.kind = EventKind::kFilterPaused,
                .origin = environment_->origin,
                .message = "for " + format_duration(time) + ": " + std::to_string(pause.records) +
                           (pause.records == 1 ? " record waits" : " records wait"),
                .partition = topic_partition_,
                .group = environment_->group};
    if (pause.offset >= 0) event.offset = pause.offset;
    environment_->events->publish(event);
  }
}

}  // namespace rookery
