// lane_life.cc
//
// What a consumer is told besides records, and what it may ask about time.
#include <rookery/processing/lane.h>

#include <rookery/processing/partition.h>
#include <rookery/runtime/mutant.h>

namespace rookery {

void Lane::make_consumer() {
  if (!consumer_) {
    consumer_ = factory_();
    if (!consumer_) throw std::runtime_error("the consumer factory gave no consumer");
    consumer_->attach(*this);
  }
  if (!is_initialized_) {
    const HookRun running(desk_, "initialized", ++consume_count_);
    consumer_->initialized();
    is_initialized_ = true;
  }
}

void Lane::run_hook(void (ConsumerBase::*hook)(), const char* name) {
  if (!consumer_ || !is_initialized_) return;
  const HookRun running(desk_, name, ++consume_count_);
  if (const auto failure = guarded([&] { (consumer_.get()->*hook)(); })) {
    partition_.publish_error(name, failure->error_class, failure->message, {}, {},
                             failure->is_critical);
    if (failure->is_critical) halt(*failure);
  }
}

bool Lane::is_idle() const {
  if (mutant("life.told_over_work")) return !is_under_way_;
  if (waiting_ > 0 || is_halted_) return false;
  return !awaited_ || partition_.marks().is_dead_letter_acknowledged(*awaited_);
}

bool Lane::tell_end() {
  retry_at_ = kNever;
  if (auto failure = guarded([this] { make_consumer(); })) {
    fail_without_record(*failure);
    return false;
  }
  run_hook(&ConsumerBase::eofed, "eofed");
  return true;
}

// No consumer at the end of an empty partition: again later, or with the first record.
void Lane::fail_without_record(const Failure& failure) {
  if (failed_offset_ >= 0) failures_ = 0;
  failed_offset_ = -1;
  ++failures_;
  partition_.publish_failure(consumer_ ? "initialized" : "factory", failure.error_class,
                             failure.message, {}, failures_, {}, failure.is_critical);
  if (failure.is_critical) return halt(failure);
  const Duration wait = jittered_backoff_of(settings_.retry_backoff, failures_);
  retry_at_ = deadline_in(wait);
  partition_.publish_retry({}, failures_, wait);
}

TimePoint Lane::tick_if_due() {
  if (settings_.tick_interval == Duration::zero() || !is_initialized_) return kNever;
  const TimePoint time = now();
  if (next_tick_ == kNever) next_tick_ = saturating_add(time, settings_.tick_interval);
  if (time >= next_tick_) {
    run_hook(&ConsumerBase::tick, "tick");
    next_tick_ = deadline_in(settings_.tick_interval);
  }
  return next_tick_;
}

std::optional<Duration> Lane::consumption_lag() const {
  const Record* record = current_record();
  if (record == nullptr || !record->has_timestamp()) return std::nullopt;
  return saturating_between(record->timestamp(), wall_now());
}

Duration Lane::processing_lag() const {
  if (current_record() == nullptr) return {};
  if (lag_of_ != consume_count_) {
    lag_of_ = consume_count_;
    lag_ = now() - batches_[next_batch_].taken_at();
  }
  return lag_;
}

}  // namespace rookery
