// consumer_close.cc
//
// Leaving with a deadline. librdkafka waits for brokers and for outstanding commits, so it is asked
// through a queue; when it is late, the reaper goes on asking and the caller is told.
#include <rookery/transport/librdkafka/consumer.h>

#include <rookery/runtime/time.h>

#include <chrono>
#include <utility>

namespace rookery::librdkafka {
namespace {

// The end of librdkafka's close posts nothing that a poll would wake for.
constexpr int kCloseSliceMs = 20;
// How long the reaper goes on before it lets the member's session run out instead.
constexpr std::chrono::seconds kLateCloseMax{60};

// Until the close is done librdkafka may ask for the rest of the assignment; an unanswered question
// would keep it waiting for ever.
void answer_while_closing(rd_kafka_t* client, rd_kafka_event_t* event, bool is_cooperative) {
  if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_REBALANCE) return;
  const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  const bool is_revoke = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS;
  if (is_cooperative && is_revoke && list != nullptr) {
    const ErrorHandle error(rd_kafka_incremental_unassign(client, list));
    if (!error) return;
  }
  rd_kafka_assign(client, nullptr);
}

}  // namespace

void Consumer::answer_everything() {
  for (const auto& [partition, stream] : streams_) {
    stream->end(Error{ErrorCode::kClosed, partition.text() + ": the consumer was closed"});
  }
  streams_.clear();
  for (const auto& [id, revocation] : revocations_) answer_revoke(revocation.list.get());
  revocations_.clear();
  if (!starting_.empty()) {
    const PartitionListHandle nothing = new_list();
    answer_assign(nothing.get());
  }
  starting_.clear();
}

bool Consumer::wait_until_left(TimePoint deadline) {
  const ErrorHandle refused(rd_kafka_consumer_close_queue(client(), core_->events.get()));
  // A member that was fenced is none any more: it is neither closed nor does it say so.
  if (refused && rd_kafka_error_is_fatal(refused.get()) != 0) return true;
  while (rd_kafka_consumer_closed(client()) == 0) {
    if (now() >= deadline) return false;
    const EventHandle event(
        rd_kafka_queue_poll(core_->events.get(), milliseconds_until(deadline, kCloseSliceMs)));
    if (!event) continue;
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_OFFSET_COMMIT) {
      on_committed(event.get());
    } else {
      answer_while_closing(client(), event.get(), settings_.is_cooperative);
    }
  }
  return true;
}

CloseReport Consumer::close(TimePoint deadline) {
  if (report_) return *report_;
  commits_.expire(now());
  if (may_commit(now())) {
    if (const auto request = commits_.next_request(now())) send_commit(*request);
  }
  answer_everything();
  mode_ = Mode::kClosed;
  CloseReport report;
  const bool has_left = wait_until_left(deadline);
  commits_.end_all(
      Error{ErrorCode::kClosed, "the consumer was closed before the commit was answered"});
  {
    MutexLock lock(wake_mutex_);
    wake_queue_ = nullptr;
  }
  report.batches_held = core_->batches_held.load();
  const std::shared_ptr<Latch> destroyed = core_->connection->destroyed();
  std::shared_ptr<ConsumerCore> core = std::move(core_);
  if (has_left) {
    core.reset();
    // A batch that is still held keeps the instance, but not the member nor this call.
    const bool is_late = report.batches_held == 0 && !destroyed->wait_until(deadline);
    if (is_late) report.outcome = CloseOutcome::kTimedOut;
  } else {
    report.outcome = CloseOutcome::kTimedOut;
    reaper_->adopt([core = std::move(core), give_up = deadline_in(kLateCloseMax),
                    is_cooperative = settings_.is_cooperative](bool is_stopping) mutable {
      rd_kafka_t* client = core->connection->get();
      const EventHandle event(
          rd_kafka_queue_poll(core->events.get(), is_stopping ? 0 : kCloseSliceMs));
      if (event) answer_while_closing(client, event.get(), is_cooperative);
      if (!is_stopping && rd_kafka_consumer_closed(client) == 0 && now() < give_up) return false;
      core.reset();
      return true;
    });
  }
  report_ = report;
  return report;
}

}  // namespace rookery::librdkafka
