// producer.cc
//
// Records go into librdkafka's buffer; what comes back is turned into reports, a batch at a time.
#include <rookery/transport/librdkafka/producer.h>

#include <rookery/runtime/fiber_local.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/errors.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rookery::librdkafka {

using std::chrono::milliseconds;

namespace {

constexpr int kSliceMs = 200;
constexpr std::size_t kTopicsRemembered = 1000;
// librdkafka's flush ends lingering; while others go on sending it never comes to an end by itself.
constexpr int kFlushSliceMs = 20;
// What was purged at the deadline is reported at once; this only bounds a library that does not.
constexpr milliseconds kPurgeMax{1000};

void* mutable_bytes(Bytes bytes) { return const_cast<char*>(bytes.data()); }

// Whose delivery handler runs on this thread.
FiberLocal<const Producer*> reporting;

std::size_t bytes_of(const OutgoingRecord& record) {
  std::size_t bytes = record.key.size() + record.value.size();
  for (const auto& [name, value] : record.headers) bytes += name.size() + Bytes(value).size();
  return bytes;
}

Status from_handler(const char* call) {
  return fail(ErrorCode::kState,
              std::string(call) + ": from a delivery handler it would wait for itself");
}

}  // namespace

Result<std::unique_ptr<ProducerClient>> Producer::make(const ConfigMap& common,
                                                       ProducerOptions options, LogHandler on_log,
                                                       std::shared_ptr<Reaper> reaper) {
  Result<BuiltConfig> config = build_config(common, options.config, Role::kProducer);
  if (!config) return fail(config.error());
  rd_kafka_conf_set_events(config->conf.get(),
                           RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
  auto connection =
      Connection::make(RD_KAFKA_PRODUCER, std::move(*config), std::move(on_log), std::move(reaper));
  if (!connection) return fail(connection.error());
  return std::make_unique<Producer>(std::move(*connection), std::move(options.on_delivery),
                                    std::move(options.on_error), std::move(options.on_restored));
}

Producer::Producer(std::shared_ptr<Connection> connection, DeliveryHandler on_delivery,
                   ProducerErrorHandler on_error, ProducerRestoredHandler on_restored)
    : connection_(std::move(connection)),
      on_delivery_(std::move(on_delivery)),
      on_error_(std::move(on_error)),
      on_restored_(std::move(on_restored)) {
  reports_.reset(rd_kafka_queue_get_main(connection_->get()));
  thread_ = Thread("rdk-delivery", [this] { run(); });
}

Producer::~Producer() { static_cast<void>(close(deadline_in(std::chrono::seconds(5)))); }

std::string Producer::text() const { return connection_->text(); }

ClientStatistics Producer::statistics() const {
  ClientStatistics statistics = connection_->statistics();
  MutexLock lock(mutex_);
  statistics.queue = queue_;
  return statistics;
}

Producer::Ticket* Producer::open_ticket(DeliveryToken token, std::size_t bytes) {
  MutexLock lock(mutex_);
  if (is_closed_) return nullptr;
  Ticket* ticket = nullptr;
  if (spare_tickets_.empty()) {
    ticket = &tickets_.emplace_back();
  } else {
    ticket = spare_tickets_.back();
    spare_tickets_.pop_back();
  }
  *ticket = Ticket{.token = token, .epoch = epoch_, .bytes = bytes};
  ++under_way_[epoch_];
  ++queue_.records;
  queue_.bytes += bytes;
  ++sending_;
  return ticket;
}

void Producer::take_back(Ticket* ticket) {
  const auto epoch = under_way_.find(ticket->epoch);
  if (--epoch->second == 0) under_way_.erase(epoch);
  --queue_.records;
  queue_.bytes -= ticket->bytes;
  spare_tickets_.push_back(ticket);
}

Status Producer::send(const OutgoingRecord& record, DeliveryToken token) {
  if (record.topic.empty()) return fail(ErrorCode::kInvalidArgument, "send: no topic");
  Ticket* ticket = open_ticket(token, bytes_of(record));
  if (ticket == nullptr) return fail(ErrorCode::kClosed, "the producer was closed");
  const bool is_plain = record.headers.empty() && record.timestamp_ms < 0;
  const rd_kafka_resp_err_t error =
      is_plain ? produce(record, ticket) : produce_with_headers(record, ticket);
  {
    MutexLock lock(mutex_);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) take_back(ticket);
    if (--sending_ == 0 && is_closed_) reported_.notify_all();
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return fail(make_error(error, "send to " + std::string(record.topic)));
}

rd_kafka_topic_t* Producer::topic_of(std::string_view name) {
  MutexLock lock(topics_mutex_);
  const auto found = topics_.find(name);
  if (found != topics_.end()) return found->second.get();
  if (topics_.size() >= kTopicsRemembered) return nullptr;
  std::string owned(name);
  TopicHandle topic(rd_kafka_topic_new(connection_->get(), owned.c_str(), nullptr));
  return topics_.emplace(std::move(owned), std::move(topic)).first->second.get();
}

rd_kafka_resp_err_t Producer::produce(const OutgoingRecord& record, Ticket* ticket) {
  rd_kafka_topic_t* topic = topic_of(record.topic);
  if (topic == nullptr) return produce_with_headers(record, ticket);
  const int answer =
      rd_kafka_produce(topic, record.partition, RD_KAFKA_MSG_F_COPY, mutable_bytes(record.value),
                       record.value.size(), record.key.data(), record.key.size(), ticket);
  return answer == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
}

rd_kafka_resp_err_t Producer::produce_with_headers(const OutgoingRecord& record, Ticket* ticket) {
  const std::string topic(record.topic);
  HeadersHandle headers(rd_kafka_headers_new(record.headers.size()));
  for (const auto& [name, value] : record.headers) {
    const Bytes bytes = value;
    rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), bytes.data(),
                        static_cast<ssize_t>(bytes.size()));
  }
  std::vector<rd_kafka_vu_t> parts;
  const auto add = [&parts](rd_kafka_vtype_t type) -> decltype(rd_kafka_vu_t::u)& {
    parts.push_back(rd_kafka_vu_t{});
    parts.back().vtype = type;
    return parts.back().u;
  };
  add(RD_KAFKA_VTYPE_TOPIC).cstr = topic.c_str();
  add(RD_KAFKA_VTYPE_PARTITION).i32 = record.partition;
  add(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  auto& value = add(RD_KAFKA_VTYPE_VALUE).mem;
  value.ptr = mutable_bytes(record.value);
  value.size = record.value.size();
  auto& key = add(RD_KAFKA_VTYPE_KEY).mem;
  key.ptr = mutable_bytes(record.key);
  key.size = record.key.size();
  if (record.timestamp_ms >= 0) add(RD_KAFKA_VTYPE_TIMESTAMP).i64 = record.timestamp_ms;
  add(RD_KAFKA_VTYPE_OPAQUE).ptr = ticket;
  add(RD_KAFKA_VTYPE_HEADERS).headers = headers.get();
  const ErrorHandle error(rd_kafka_produceva(connection_->get(), parts.data(), parts.size()));
  if (error) return rd_kafka_error_code(error.get());
  static_cast<void>(headers.release());  // librdkafka owns them now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void Producer::run() {
  for (;;) {
    EventHandle event(rd_kafka_queue_poll(reports_.get(), kSliceMs));
    if (!event && is_stopping_) return;
    report_restored();
    if (!event) continue;
    const rd_kafka_event_type_t type = rd_kafka_event_type(event.get());
    if (type == RD_KAFKA_EVENT_ERROR) report_error(event.get());
    if (type == RD_KAFKA_EVENT_STATS)
      connection_->note_statistics(rd_kafka_event_stats(event.get()));
    if (type == RD_KAFKA_EVENT_DR) report(std::move(event));
  }
}

void Producer::report_error(rd_kafka_event_t* event) {
  if (!on_error_) return;
  rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  const bool is_fatal = code == RD_KAFKA_RESP_ERR__FATAL;
  std::array<char, 512> cause{};
  std::string text = rd_kafka_event_error_string(event);
  if (is_fatal) {
    code = rd_kafka_fatal_error(connection_->get(), cause.data(), cause.size());
    text = cause.data();
  }
  std::optional<Error> error = make_error(code, "producer " + this->text(), text.c_str());
  if (!is_fatal) error = connection_->trouble(code, text, "producer ");
  if (!error) return;
  error->fatal = is_fatal;
  error->retriable = error->retriable && !is_fatal;
  *reporting = this;
  on_error_(*error);
  *reporting = nullptr;
}

void Producer::report_restored() {
  for (const std::string& restored : connection_->take_restored()) {
    if (!on_restored_) continue;
    *reporting = this;
    on_restored_("producer " + restored);
    *reporting = nullptr;
  }
}

void Producer::report(EventHandle event) {
  std::vector<const rd_kafka_message_t*> messages(rd_kafka_event_message_count(event.get()));
  messages.resize(rd_kafka_event_message_array(event.get(), messages.data(), messages.size()));
  std::vector<DeliveryReport> reports;
  std::vector<Ticket*> tickets;
  reports.reserve(messages.size());
  tickets.reserve(messages.size());
  std::deque<Error> errors;  // a report points at its own
  for (const rd_kafka_message_t* message : messages) {
    tickets.push_back(static_cast<Ticket*>(message->_private));
    DeliveryReport& report = reports.emplace_back();
    report.token = tickets.back()->token;
    report.partition = message->partition;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      report.offset = message->offset;
      continue;
    }
    const char* topic = message->rkt != nullptr ? rd_kafka_topic_name(message->rkt) : "";
    const std::string where = message->partition >= 0
                                  ? topic + ("-" + std::to_string(message->partition))
                                  : std::string(topic);
    report.error = &errors.emplace_back(make_error(message->err, where));
  }
  // The messages take room in the library's buffer until their event ends: before anybody who waits
  // for room is told.
  event.reset();
  if (on_delivery_ && !reports.empty()) {
    *reporting = this;
    on_delivery_(reports);
    *reporting = nullptr;
  }
  MutexLock lock(mutex_);
  for (Ticket* ticket : tickets) take_back(ticket);
  reported_.notify_all();
}

std::size_t Producer::left_until(std::uint64_t epoch) {
  std::size_t left = 0;
  for (auto it = under_way_.begin(); it != under_way_.end() && it->first <= epoch; ++it)
    left += it->second;
  return left;
}

bool Producer::wait_for(std::uint64_t epoch, TimePoint deadline) {
  for (;;) {
    {
      MutexLock lock(mutex_);
      if (left_until(epoch) == 0) return true;
    }
    if (now() >= deadline) return false;
    // Ends lingering, and returns when librdkafka has nothing left; the reports may still be on
    // their way.
    rd_kafka_flush(connection_->get(), milliseconds_until(deadline, kFlushSliceMs));
    MutexLock lock(mutex_);
    reported_.wait_until(lock, std::min(deadline, deadline_in(milliseconds(1))),
                         [&] { return left_until(epoch) == 0; });
  }
}

Status Producer::flush(TimePoint deadline) {
  if (*reporting == this) return from_handler("flush");
  std::uint64_t epoch = 0;
  {
    MutexLock lock(mutex_);
    if (is_closed_) return fail(ErrorCode::kClosed, "the producer was closed");
    epoch = epoch_++;
  }
  if (wait_for(epoch, deadline)) return {};
  MutexLock lock(mutex_);
  const std::size_t left = left_until(epoch);
  if (left == 0) return {};
  return fail(ErrorCode::kTimedOut,
              "flush: " + std::to_string(left) + " records are not reported yet");
}

Status Producer::close(TimePoint deadline) {
  if (*reporting == this) return from_handler("close");
  std::uint64_t epoch = 0;
  {
    MutexLock lock(mutex_);
    if (is_closed_) return {};
    is_closed_ = true;
    epoch = epoch_;
    reported_.wait_until(lock, kNever, [this] { return sending_ == 0; });
  }
  Status status;
  if (!wait_for(epoch, deadline)) {
    std::size_t left = 0;
    {
      MutexLock lock(mutex_);
      left = left_until(epoch);
    }
    status = fail(ErrorCode::kTimedOut, "close: the outcome of " + std::to_string(left) +
                                            " records is unknown; they are reported as failed");
    rd_kafka_purge(connection_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                           RD_KAFKA_PURGE_F_NON_BLOCKING);
    if (!wait_for(epoch, deadline_in(kPurgeMax))) {
      status.error().message += ", some of them not even that";
    }
  }
  is_stopping_ = true;
  rd_kafka_queue_yield(reports_.get());
  thread_.join();
  MutexLock lock(topics_mutex_);
  topics_.clear();
  return status;
}

}  // namespace rookery::librdkafka
