// mock_producer.cc
//
// The application's side: send, flush, close, and the reports.
#include "mockbroker/client/mock_producer.h"

#include <rookery/runtime/fiber_local.h>

#include <algorithm>
#include <utility>

namespace rookery::mock {
namespace {

NetworkClient::Settings with_channels(NetworkClient::Settings settings) {
  settings.channels = kDataChannel + 1;
  return settings;
}

// Whose delivery handler runs on this thread.
FiberLocal<const MockProducer*> reporting;

Status from_handler(const char* call) {
  return fail(ErrorCode::kState,
              std::string(call) + ": from a delivery handler it would wait for itself");
}

}  // namespace

MockProducer::MockProducer(Network& network, ProducerSettings settings, DeliveryHandler on_delivery,
                           ProducerErrorHandler on_error)
    : settings_(std::move(settings)),
      on_delivery_(std::move(on_delivery)),
      on_error_(std::move(on_error)),
      client_(network, with_channels(settings_.client)),
      metadata_(client_, settings_.metadata),
      records_(settings_.buffer,
               [this](const std::string& topic) {
                 const std::optional<std::int32_t> count = metadata_.partition_count(topic);
                 if (!count) metadata_.add_interest(topic);
                 return count;
               }),
      sender_("producer " + settings_.client.client_id, [this] { run(); }) {}

MockProducer::~MockProducer() {
  static_cast<void>(close(deadline_in(std::chrono::seconds(5))));
  if (sender_.joinable()) sender_.join();
}

// What the network is made of has no nodes that a client would be connected to, nor round trips.
ClientStatistics MockProducer::statistics() const {
  MutexLock lock(mutex_);
  return {.queue =
              ClientStatistics::Queue{.records = records_.records(), .bytes = records_.bytes()}};
}

std::string MockProducer::text() const {
  return client_.text({client_.first_node(), kDataChannel});
}

Status MockProducer::send(const OutgoingRecord& record, DeliveryToken token) {
  const std::size_t size = record.key.size() + record.value.size();
  if (size > settings_.message_max_bytes) {
    return fail(ErrorCode::kMessageTooLarge,
                std::string(record.topic) + ": a record of " + std::to_string(size) +
                    " bytes, message.max.bytes is " + std::to_string(settings_.message_max_bytes));
  }
  if (record.topic.empty()) return fail(ErrorCode::kInvalidArgument, "send: no topic");
  const std::int64_t timestamp_ms = record.timestamp_ms >= 0
                                        ? record.timestamp_ms
                                        : wall_now_to_the_tick().time_since_epoch().count();
  std::shared_ptr<Request> request;
  bool wakes_sender = false;
  {
    MutexLock lock(mutex_);
    if (is_closing_) return fail(ErrorCode::kClosed, "send: the producer is closed");
    if (fatal_) return fail(*fatal_);
    Result<RecordAccumulator::Appended> appended = records_.append(record, token, timestamp_ms);
    if (!appended) return fail(std::move(appended.error()));
    const bool is_in_between = !appended->is_first && !appended->is_last && appended->partition;
    if (is_in_between) [[likely]]
      return {};
    if (!appended->partition) {
      wakes_sender = true;  // it finds out about the topic
    } else if (appended->is_last) {
      wakes_sender = !appended->partition->is_under_way && sender_due_ > TimePoint{};
    } else {
      request = send_at_once_locked(*appended->partition, wakes_sender);
    }
    if (wakes_sender) sender_due_ = TimePoint{};  // once is enough
  }
  if (request) {
    send_request(request);
    MutexLock lock(mutex_);
    if (--callers_sending_ == 0 && is_stopped_) reported_.notify_all();
  }
  if (wakes_sender) client_.wake();
  return {};
}

// The first record of a batch: nothing may be under way, and then it need not wait, not even for
// the sender.
std::shared_ptr<MockProducer::Request> MockProducer::send_at_once_locked(Partition& partition,
                                                                         bool& wakes_sender) {
  const TimePoint linger_until = partition.waiting.back()->linger_until;
  if (!under_way_.empty() || settings_.acks == 0 || !settings_.buffer.is_sent_when_idle) {
    wakes_sender = linger_until < sender_due_;
    return nullptr;
  }
  const TimePoint at = now();
  const TimePoint gathered = gathered_at_locked();
  if (gathered > at) {
    wakes_sender = gathered < sender_due_;
    return nullptr;
  }
  TimePoint timer = kNever;
  NodeId node = -1;
  if (!may_send_locked(partition, at, timer, node)) {
    wakes_sender = true;
    return nullptr;
  }
  auto request = std::make_shared<Request>();
  request->node = node;
  begin_locked(partition, *request);
  register_locked(request, at);
  ++callers_sending_;
  return request;
}

Status MockProducer::flush(TimePoint deadline) {
  if (*reporting == this) return from_handler("flush");
  MutexLock lock(mutex_);
  const std::uint64_t until = records_.newest_number();
  flush_until_ = std::max(flush_until_, until);
  const bool is_done_already = !records_.has_unreported(until) && reports_under_way_ == 0;
  if (is_done_already) return {};
  lock.unlock();
  client_.wake();
  lock.lock();
  const bool is_done = reported_.wait_until(
      lock, deadline, [&] { return !records_.has_unreported(until) && reports_under_way_ == 0; });
  if (is_done) return {};
  return fail(ErrorCode::kTimedOut,
              "flush: " + std::to_string(records_.records()) + " records are not reported yet");
}

Status MockProducer::close(TimePoint deadline) {
  if (*reporting == this) return from_handler("close");
  {
    MutexLock lock(mutex_);
    if (is_stopped_) return {};
    is_closing_ = true;
  }
  Status flushed = flush(deadline);
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
  }
  client_.wake();
  // The sender reports what is left, and ends.
  const TimePoint moments = deadline_in(std::chrono::milliseconds(100));
  if (sender_.joinable()) static_cast<void>(sender_.join_until(std::max(deadline, moments)));
  return flushed;
}

void MockProducer::report(std::vector<Done> all_done) {
  if (all_done.empty()) return;
  reports_.clear();
  for (const Done& done : all_done) {
    const std::vector<DeliveryToken>& tokens = done.batch ? done.batch->tokens : done.tokens;
    const Error* const error = done.error ? &*done.error : nullptr;
    Offset offset = done.base_offset;
    for (const DeliveryToken token : tokens) {
      reports_.push_back({token, done.partition, error || offset < 0 ? -1 : offset, error});
      if (offset >= 0) ++offset;
    }
  }
  {
    // First: who waits for room is woken by the handler, and looks again.
    MutexLock lock(mutex_);
    for (const Done& done : all_done) {
      if (done.batch) records_.free_room(*done.batch);
    }
  }
  if (on_delivery_ && !reports_.empty()) {
    assert_no_locks_held("a delivery handler");
    *reporting = this;
    on_delivery_(reports_);
    *reporting = nullptr;
  }
  MutexLock lock(mutex_);
  for (const Done& done : all_done) {
    if (done.batch) records_.forget(*done.batch);
    --reports_under_way_;
  }
  reported_.notify_all();
}

}  // namespace rookery::mock
