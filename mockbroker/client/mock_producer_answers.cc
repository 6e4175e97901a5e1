// mock_producer_answers.cc
//
// What becomes of the batches that left.
#include <utility>

#include "mockbroker/client/mock_producer.h"

namespace rookery::mock {

void MockProducer::handle(std::uint64_t number, Result<Response> response) {
  const TimePoint at = now();
  const auto* answer = response ? std::get_if<ProduceResponse>(&*response) : nullptr;
  std::vector<Done> done;
  {
    MutexLock lock(mutex_);
    const auto found = under_way_.find(number);
    if (found == under_way_.end()) return;
    const std::shared_ptr<Request> sent = std::move(found->second);
    under_way_.erase(found);
    for (std::size_t i = 0; i < sent->batches.size(); ++i) {
      Sent& one = sent->batches[i];
      one.partition->is_under_way = false;
      Result<ProduceResponse::Partition> outcome =
          fail(ErrorCode::kUnknown, "Produce: no answer for it");
      if (!response) {
        outcome = fail(response.error());
      } else if (answer && i < answer->partitions.size() &&
                 answer->partitions[i].partition == one.partition->id) {
        outcome = answer->partitions[i];
      }
      settle_locked(std::move(one), outcome, at, done);
    }
    reports_under_way_ += done.size();
  }
  report(std::move(done));
}

// One batch of a partition is under way at a time: a leader that misses records before it has lost
// them, or leads no more and does not know. Metadata keeps to the newest leader that any node has
// told of, and each refresh asks another node: after one of each it is believed.
bool MockProducer::is_doubtful_locked(ProduceBatch& batch) const {
  if (settings_.retries_most == 0) return false;
  const std::uint64_t version = metadata_.version();
  if (batch.believed_from == 0) batch.believed_from = version + client_.node_count();
  return version < batch.believed_from && batch.deadline > now();
}

void MockProducer::settle_locked(Sent one, const Result<ProduceResponse::Partition>& answer,
                                 TimePoint at, std::vector<Done>& done) {
  ProduceBatch& batch = *one.batch;
  const MaybeError code = answer ? answer->error : MaybeError(answer.error().code);
  if (!code || code == ErrorCode::kDuplicateSequenceNumber) {
    if (batch.base_sequence >= 0) --sequenced_;
    one.partition->retry_at = TimePoint{};
    done.push_back({.batch = std::move(one.batch),
                    .partition = one.partition->id.partition,
                    .base_offset = code || !answer ? -1 : answer->base_offset});
    return;
  }
  batch.problem = answer ? std::string(name(*code)) : answer.error().text();
  if (*code == ErrorCode::kOutOfOrderSequenceNumber && is_doubtful_locked(batch)) {
    one.partition->stale_metadata = metadata_.version();
    metadata_.request_refresh();
    records_.put_back(*one.partition, std::move(one.batch));
    return;
  }
  if (is_retriable(*code) && settings_.retries_most > 0 && batch.deadline > at) {
    const bool is_connection = !answer;  // it has its own backoff
    if (!is_connection) one.partition->retry_at = saturating_add(at, settings_.retry_backoff);
    if (is_connection || *code == ErrorCode::kNotLeaderOrFollower ||
        *code == ErrorCode::kUnknownTopicOrPartition || *code == ErrorCode::kLeaderNotAvailable) {
      one.partition->stale_metadata = metadata_.version();
      metadata_.request_refresh();
    }
    records_.put_back(*one.partition, std::move(one.batch));
    return;
  }
  Error error{.code = *code,
              .message = one.partition->id.text() + ": produce: " + batch.problem,
              .retriable = is_retriable(*code)};
  if (*code == ErrorCode::kProducerFenced || *code == ErrorCode::kInvalidProducerEpoch) {
    error.fatal = true;
    fatal_ = error;
  }
  give_up_locked(std::move(one), std::move(error), done);
}

void MockProducer::give_up_locked(Sent one, Error error, std::vector<Done>& done) {
  if (one.batch->base_sequence >= 0) {
    --sequenced_;
    // Whatever became of it, the next sequence may not be what the broker expects.
    wants_new_producer_id_ = true;
  }
  done.push_back({.batch = std::move(one.batch),
                  .partition = one.partition->id.partition,
                  .error = std::move(error)});
}

std::vector<MockProducer::Done> MockProducer::drop_everything_locked() {
  std::vector<Done> done;
  const Error error{.code = ErrorCode::kTimedOut,
                    .message =
                        "the producer was closed before it was acknowledged; the outcome "
                        "is unknown"};
  for (auto& [number, request] : under_way_) {
    for (Sent& one : request->batches) give_up_locked(std::move(one), error, done);
  }
  under_way_.clear();
  for (std::size_t i = 0; i < records_.partition_count(); ++i) {
    Partition& partition = records_.partition(i);
    while (!partition.waiting.empty()) {
      give_up_locked({&partition, records_.take(partition)}, error, done);
    }
  }
  for (const auto& [topic, since] : records_.unknown_topics()) {
    done.push_back({.tokens = records_.drop_unknown(topic, kNever), .error = error});
  }
  reports_under_way_ += done.size();
  return done;
}

}  // namespace rookery::mock
