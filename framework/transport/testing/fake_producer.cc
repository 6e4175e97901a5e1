// fake_producer.cc
//
// Reports are told by a thread of its own, one call for all that are due.
#include <rookery/transport/testing/fake_producer.h>

#include <rookery/runtime/time.h>

#include <algorithm>
#include <utility>

namespace rookery::fakes {
namespace {

void report_locked(ProducerScript& script, ProducerScript::Sent& sent, std::optional<Error> error) {
  if (std::exchange(sent.is_reported, true)) return;
  script.due.push_back({sent.token, std::move(error)});
}

}  // namespace

void acknowledge(Board& board, ProducerScript& script, std::size_t index) {
  board.change([&] { report_locked(script, script.sent.at(index), std::nullopt); });
}

void acknowledge_all(Board& board, ProducerScript& script) {
  board.change([&] {
    for (ProducerScript::Sent& sent : script.sent) report_locked(script, sent, std::nullopt);
  });
}

void fail_send(Board& board, ProducerScript& script, std::size_t index, Error error) {
  board.change([&] { report_locked(script, script.sent.at(index), std::move(error)); });
}

FakeProducer::FakeProducer(Board& board, ProducerScript& script, DeliveryHandler on_delivery)
    : board_(board),
      script_(script),
      on_delivery_(std::move(on_delivery)),
      thread_("fake-delivery", [this] { run(); }) {}

FakeProducer::~FakeProducer() { static_cast<void>(close(now())); }

std::size_t FakeProducer::unreported_locked() const {
  return static_cast<std::size_t>(
             std::count_if(script_.sent.begin(), script_.sent.end(),
                           [](const auto& sent) { return !sent.is_reported; })) +
         script_.due.size();
}

ClientStatistics FakeProducer::statistics() const {
  ClientStatistics statistics;
  board_.look([&] {
    statistics = script_.statistics;
    statistics.queue.emplace();
    for (const auto& sent : script_.sent) {
      if (sent.is_reported) continue;
      ++statistics.queue->records;
      statistics.queue->bytes += sent.key.size() + sent.payload.size();
    }
  });
  return statistics;
}

Status FakeProducer::send(const OutgoingRecord& record, DeliveryToken token) {
  Status status;
  board_.change([&] {
    if (is_closed_) {
      status = rookery::fail(ErrorCode::kClosed, "the producer was closed");
    } else if (script_.send_error) {
      status = rookery::fail(*script_.send_error);
    } else if (unreported_locked() >= script_.buffer_records) {
      ++script_.refused;
      status = rookery::fail(ErrorCode::kQueueFull, "the buffer is full");
    } else {
      script_.sent.push_back({.topic = std::string(record.topic),
                              .value = record.value.str(),
                              .token = token,
                              .key = record.key,
                              .payload = record.value,
                              .headers = record.headers,
                              .partition = record.partition});
      if (script_.acknowledges && record.topic != script_.held_topic)
        report_locked(script_, script_.sent.back(), std::nullopt);
    }
  });
  return status;
}

void FakeProducer::run() {
  for (;;) {
    std::deque<ProducerScript::Due> due;
    bool is_ending = false;
    board_.wait_until(kNever, [&] { return !script_.due.empty() || is_ending_; });
    board_.change([&] {
      due.swap(script_.due);
      script_.is_telling = true;
      is_ending = is_ending_;
    });
    std::vector<DeliveryReport> reports;
    for (const ProducerScript::Due& one : due) {
      reports.push_back({.token = one.token, .error = one.error ? &*one.error : nullptr});
    }
    if (!reports.empty()) on_delivery_(reports);
    board_.change([&] { script_.is_telling = false; });
    if (reports.empty() && is_ending) return;
  }
}

Status FakeProducer::flush(TimePoint deadline) {
  if (board_.wait_until(deadline,
                        [this] { return unreported_locked() == 0 && !script_.is_telling; }))
    return {};
  return rookery::fail(ErrorCode::kTimedOut, "flush: some records are not reported");
}

Status FakeProducer::close(TimePoint deadline) {
  bool was_closed = false;
  board_.change([&] {
    was_closed = std::exchange(is_closed_, true);
    if (was_closed) return;
    ++script_.closes;
    script_.close_deadline = deadline;
  });
  if (was_closed) return {};
  Status flushed = flush(deadline);
  board_.change([&] {
    for (ProducerScript::Sent& sent : script_.sent) {
      report_locked(script_, sent, Error{.code = ErrorCode::kTimedOut, .message = "closed"});
    }
    is_ending_ = true;
  });
  thread_.join();
  if (script_.does_close_late) return rookery::fail(ErrorCode::kTimedOut, "late");
  return flushed;
}

}  // namespace rookery::fakes
