// mock_producer_sender.cc
//
// The sender's side of a producer: what leaves when.
#include <algorithm>
#include <utility>

#include "mockbroker/client/mock_producer.h"

namespace rookery::mock {

void MockProducer::run() {
  for (;;) {
    const TimePoint due = drive();
    {
      MutexLock lock(mutex_);
      if (is_stopped_) break;
    }
    client_.poll(due, waiter_);
  }
  std::vector<Done> left;
  {
    MutexLock lock(mutex_);
    // A caller that is sending needs its batch for a moment yet.
    reported_.wait_until(lock, kNever, [this] { return callers_sending_ == 0; });
    left = drop_everything_locked();
  }
  client_.close();
  report(std::move(left));
}

TimePoint MockProducer::drive() {
  TimePoint timer = metadata_.drive();
  const TimePoint at = now();
  std::vector<Done> done;
  Requests requests;
  drive_unknown_topics(at, timer, done);
  const bool has_id = drive_producer_id(at, timer);
  {
    MutexLock lock(mutex_);
    collect_expired_locked(at, timer, done);
    if (has_id) requests = collect_ready_locked(at, timer);
    reports_under_way_ += done.size();
    sender_due_ = timer;
  }
  for (const std::shared_ptr<Request>& request : requests) send_request(request);
  report(std::move(done));
  tell_fatal();
  return timer;
}

void MockProducer::tell_fatal() {
  if (!on_error_ || is_fatal_told_) return;
  std::optional<Error> fatal;
  {
    MutexLock lock(mutex_);
    fatal = fatal_;
  }
  if (!fatal) return;
  is_fatal_told_ = true;
  on_error_(*fatal);
}

void MockProducer::drive_unknown_topics(TimePoint at, TimePoint& timer, std::vector<Done>& done) {
  const std::map<std::string, ErrorCode> errors = metadata_.topic_errors();
  MutexLock lock(mutex_);
  for (const auto& [topic, since] : records_.unknown_topics()) {
    std::vector<DeliveryToken> misdirected = records_.distribute(topic);
    if (!misdirected.empty()) {
      done.push_back({.tokens = std::move(misdirected),
                      .error = Error{.code = ErrorCode::kUnknownTopicOrPartition,
                                     .message = topic + ": no such partition"}});
    }
    const auto error = errors.find(topic);
    const bool is_final = error != errors.end() && !is_retriable(error->second);
    const Duration patience =
        error != errors.end() && error->second == ErrorCode::kUnknownTopicOrPartition
            ? std::min(settings_.unknown_topic_timeout, settings_.buffer.delivery_timeout)
            : settings_.buffer.delivery_timeout;
    const TimePoint until = is_final ? at : TimePoint(at - patience);
    std::vector<DeliveryToken> dropped = records_.drop_unknown(topic, until);
    if (!dropped.empty()) {
      const ErrorCode code = error != errors.end() ? error->second : ErrorCode::kTimedOut;
      done.push_back({.tokens = std::move(dropped),
                      .error = Error{.code = code,
                                     .message = "topic '" + topic + "': its partitions are not " +
                                                "known: " + std::string(name(code))}});
    }
  }
  for (const auto& [topic, since] : records_.unknown_topics()) {
    const Duration patience =
        std::min(settings_.unknown_topic_timeout, settings_.buffer.delivery_timeout);
    if (saturating_add(since, patience) > at) {
      timer = std::min(timer, saturating_add(since, patience));
    } else {
      timer = std::min(timer, saturating_add(since, settings_.buffer.delivery_timeout));
    }
  }
}

// Whether batches may leave as far as the producer id goes.
bool MockProducer::drive_producer_id(TimePoint at, TimePoint& timer) {
  if (!settings_.is_idempotent) return true;
  {
    MutexLock lock(mutex_);
    if (fatal_) return false;
    if (wants_new_producer_id_ && sequenced_ == 0 &&
        producer_id_state_ == ProducerIdState::kKnown) {
      producer_id_state_ = ProducerIdState::kNone;
    }
    if (producer_id_state_ == ProducerIdState::kKnown) return true;
    if (producer_id_state_ == ProducerIdState::kAsked) return false;
    if (producer_id_retry_at_ > at) {
      timer = std::min(timer, producer_id_retry_at_);
      return false;
    }
  }
  const NetworkClient::Pick pick = client_.pick_node();
  if (!pick.node) {
    timer = std::min(timer, pick.next_ready);
    return false;
  }
  {
    MutexLock lock(mutex_);
    producer_id_state_ = ProducerIdState::kAsked;
  }
  client_.send({*pick.node, kControlChannel}, InitProducerIdRequest{},
               [this](Result<Response> response) { handle_producer_id(std::move(response)); });
  return false;
}

void MockProducer::handle_producer_id(Result<Response> response) {
  const TimePoint at = now();
  const auto* answer = response ? std::get_if<InitProducerIdResponse>(&*response) : nullptr;
  MutexLock lock(mutex_);
  producer_id_state_ = ProducerIdState::kNone;
  if (!answer) return;  // the connection has its backoff; another node is asked
  if (!answer->error) {
    producer_id_state_ = ProducerIdState::kKnown;
    producer_id_ = answer->producer_id;
    producer_epoch_ = answer->producer_epoch;
    wants_new_producer_id_ = false;
    for (std::size_t i = 0; i < records_.partition_count(); ++i) {
      records_.partition(i).next_sequence = 0;
    }
    return;
  }
  producer_id_retry_at_ = saturating_add(at, settings_.retry_backoff);
  if (is_retriable(*answer->error)) return;
  fatal_ = Error{.code = *answer->error,
                 .message = "InitProducerId: " + std::string(name(*answer->error)),
                 .fatal = true};
}

void MockProducer::collect_expired_locked(TimePoint at, TimePoint& timer, std::vector<Done>& done) {
  const std::set<std::size_t> waiting = records_.waiting();
  for (const std::size_t index : waiting) {
    Partition& partition = records_.partition(index);
    while (!partition.waiting.empty()) {
      const ProduceBatch& first = *partition.waiting.front();
      if (!fatal_ && first.deadline > at) {
        timer = std::min(timer, first.deadline);
        break;
      }
      Error error = fatal_ ? *fatal_
                           : Error{.code = ErrorCode::kTimedOut,
                                   .message = partition.id.text() + ": not acknowledged within " +
                                              "delivery.timeout.ms: " + first.problem +
                                              (first.was_sent ? "; the outcome is unknown" : "")};
      give_up_locked({&partition, records_.take(partition)}, std::move(error), done);
    }
  }
}

bool MockProducer::may_send_locked(Partition& partition, TimePoint at, TimePoint& timer,
                                   NodeId& node) {
  if (partition.is_under_way || partition.waiting.empty() || fatal_) return false;
  const ProduceBatch& first = *partition.waiting.front();
  if (first.producer_id < 0 && (needs_producer_id_locked() || wants_new_producer_id_)) {
    return false;
  }
  if (partition.stale_metadata != 0 && metadata_.version() <= partition.stale_metadata) {
    return false;
  }
  if (partition.retry_at > at) {
    timer = std::min(timer, partition.retry_at);
    return false;
  }
  const std::optional<Metadata::Leader> leader = metadata_.leader(partition.id);
  if (!leader) {
    partition.stale_metadata = metadata_.version();
    metadata_.request_refresh();
    timer = at;  // for the refresh
    return false;
  }
  const TimePoint ready = client_.ready_at({leader->node, kDataChannel});
  if (ready > at) {
    if (!client_.is_throttled({leader->node, kDataChannel})) metadata_.request_refresh();
    timer = std::min(timer, ready);
    return false;
  }
  node = leader->node;
  return true;
}

void MockProducer::begin_locked(Partition& partition, Request& request) {
  std::unique_ptr<ProduceBatch> batch = records_.take(partition);
  if (settings_.is_idempotent && batch->producer_id < 0) {
    batch->producer_id = producer_id_;
    batch->producer_epoch = producer_epoch_;
    batch->base_sequence = partition.next_sequence;
    const auto count = static_cast<std::int64_t>(batch->tokens.size());
    partition.next_sequence =
        static_cast<std::int32_t>((partition.next_sequence + count) & 0x7fffffff);
    ++sequenced_;
  }
  batch->was_sent = true;
  partition.is_under_way = true;
  request.batches.push_back({&partition, std::move(batch)});
}

MockProducer::Requests MockProducer::collect_ready_locked(TimePoint at, TimePoint& timer) {
  std::map<NodeId, std::shared_ptr<Request>> by_node;
  bool is_idle = under_way_.empty() && settings_.buffer.is_sent_when_idle;
  const TimePoint gathered = gathered_at_locked();
  if (is_idle && gathered > at) {
    is_idle = false;
    if (!records_.waiting().empty()) timer = std::min(timer, gathered);
  }
  const std::set<std::size_t> waiting = records_.waiting();
  for (const std::size_t index : waiting) {
    Partition& partition = records_.partition(index);
    if (partition.is_under_way) continue;
    const ProduceBatch& first = *partition.waiting.front();
    const bool is_full = records_.is_full(first) || partition.waiting.size() > 1;
    const bool is_due =
        is_idle || is_full || first.linger_until <= at || first.number <= flush_until_;
    if (!is_due) {
      timer = std::min(timer, first.linger_until);
      continue;
    }
    NodeId node = -1;
    if (!may_send_locked(partition, at, timer, node)) continue;
    std::shared_ptr<Request>& request = by_node[node];
    if (!request) {
      request = std::make_shared<Request>();
      request->node = node;
    }
    begin_locked(partition, *request);
  }
  Requests requests;
  for (auto& [node, request] : by_node) {
    register_locked(request, at);
    requests.push_back(std::move(request));
  }
  return requests;
}

void MockProducer::register_locked(const std::shared_ptr<Request>& request, TimePoint at) {
  last_sent_at_ = at;
  last_sent_records_ = 0;
  for (const Sent& one : request->batches) last_sent_records_ += one.batch->tokens.size();
  request->number = ++last_request_;
  under_way_[request->number] = request;
}

void MockProducer::send_request(const std::shared_ptr<Request>& sent) {
  ProduceRequest request{.acks = settings_.acks};
  const TimePoint at = now();
  Duration timeout = settings_.client.request_timeout;
  for (Sent& part : sent->batches) {
    ProduceBatch& batch = *part.batch;
    if (!batch.block) batch.block = batch.builder.finish();
    request.partitions.push_back({.partition = part.partition->id,
                                  .block = batch.block,
                                  .producer_id = batch.producer_id,
                                  .producer_epoch = batch.producer_epoch,
                                  .base_sequence = batch.base_sequence});
    const Duration left = batch.deadline - at;
    timeout = std::min(timeout, std::max<Duration>(left, std::chrono::milliseconds(1)));
  }
  request.timeout = std::chrono::duration_cast<Milliseconds>(timeout);
  const std::uint64_t number = sent->number;
  const Destination to{sent->node, kDataChannel};
  if (settings_.acks != 0) {
    client_.send(to, std::move(request), timeout, [this, number](Result<Response> response) {
      handle(number, std::move(response));
    });
    return;
  }
  client_.send_unanswered(to, std::move(request));
  ProduceResponse unknown;
  for (const Sent& part : sent->batches) {
    unknown.partitions.push_back({.partition = part.partition->id});
  }
  handle(number, Response(std::move(unknown)));
}

}  // namespace rookery::mock
