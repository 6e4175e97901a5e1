// producer_process.cc
//
// Bursts of records with pauses in between, until the time of load is over.

#include "simulations/world/producer_process.h"

#include <rookery/runtime/time.h>

#include <memory>
#include <utility>

#include "mockbroker/transport/mock_transport.h"
#include "simulations/history/content_hash.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kBurstMost = 20;
// Longer than any run lasts: a record that cannot be delivered shows as a run that does not drain.
constexpr const char* kDeliveryTimeoutMs = "3600000";

}  // namespace

ProducerProcess::ProducerProcess(Stage& stage, const testing::Plan& plan,
                                 std::vector<std::uint64_t> records, Duration load)
    : stage_(stage),
      plan_(plan),
      load_(load),
      left_(std::move(records)),
      sent_again_(left_.size()) {
  for (const std::uint64_t count : left_) planned_ += count;
  left_in_all_ = planned_;
  sent_.reserve(planned_);
}

void ProducerProcess::start() {
  process_ = stage_.scheduler.spawn_process("producer", [this] { run(); });
}

bool ProducerProcess::wait_until_ended(TimePoint deadline) {
  return stage_.scheduler.wait_for_process(process_, deadline);
}

void ProducerProcess::run() {
  const NetworkHost host(stage_.network);
  const std::unique_ptr<Transport> transport = mock::make_mock_transport(stage_.network, {});
  ProducerOptions options;
  options.config = {{"client.id", "producer"},
                    {"enable.idempotence", "true"},
                    {"message.timeout.ms", kDeliveryTimeoutMs}};
  options.on_delivery = [this](std::span<const DeliveryReport> reports) { take(reports); };
  const Result<std::unique_ptr<ProducerClient>> client =
      transport->make_producer(std::move(options));
  if (!client) {
    note_failure(client.error());
    return;
  }
  produce(**client);
  do {
    if (const Status flushed = (*client)->flush(kNever); !flushed) note_failure(flushed.error());
  } while (!failure() && send_refused(**client));
  {
    const Uninterrupted scope;
    is_done_ = true;
  }
  const Status closed = (*client)->close(deadline_in(std::chrono::seconds(60)));
  if (!closed) note_failure(closed.error());
}

void ProducerProcess::note_failure(const Error& error) {
  const Uninterrupted scope;
  if (!failure_) failure_ = error.text();
}

bool ProducerProcess::is_done() const {
  const Uninterrupted scope;
  return is_done_;
}

std::uint64_t ProducerProcess::acknowledged() const {
  const Uninterrupted scope;
  return acknowledged_;
}

std::optional<std::string> ProducerProcess::failure() const {
  const Uninterrupted scope;
  return failure_;
}

std::size_t ProducerProcess::draw_workload() {
  // Workloads come up as often as they have records left.
  std::uint64_t place = left_.size() == 1 ? 0 : stage_.scheduler.tape().draw(left_in_all_);
  std::size_t workload = 0;
  while (place >= left_[workload]) place -= left_[workload++];
  --left_[workload];
  --left_in_all_;
  return workload;
}

void ProducerProcess::send_next(ProducerClient& client) {
  DeliveryToken token = 0;
  {
    const Uninterrupted scope;
    const std::size_t workload = draw_workload();
    testing::Draw draw(stage_.scheduler.tape());
    testing::PlannedRecord record = plan_.workloads()[workload].make(draw);
    token = sent_.size();
    const std::uint64_t hash = content_hash(record.key, record.value);
    sent_.push_back({workload, hash, std::move(record)});
  }
  send(client, token);
}

bool ProducerProcess::send_refused(ProducerClient& client) {
  std::vector<DeliveryToken> tokens;
  {
    const Uninterrupted scope;
    tokens.swap(refused_);
    for (const DeliveryToken token : tokens) ++sent_again_[sent_[token].workload];
  }
  for (const DeliveryToken token : tokens) send(client, token);
  return !tokens.empty();
}

void ProducerProcess::send(ProducerClient& client, DeliveryToken token) {
  const testing::PlannedRecord& record = sent_[token].record;
  const OutgoingRecord outgoing{.topic = plan_.workloads()[sent_[token].workload].topic,
                                .key = record.key,
                                .value = record.value,
                                .headers = record.headers};
  Status sent = client.send(outgoing, token);
  while (!sent && sent.error().code == ErrorCode::kQueueFull) {
    sleep_until(deadline_in(std::chrono::milliseconds(100)));
    sent = client.send(outgoing, token);
  }
  if (!sent) note_failure(sent.error());
}

void ProducerProcess::produce(ProducerClient& client) {
  const std::uint64_t bursts = planned_ / (kBurstMost / 2) + 1;
  const auto gap_most = static_cast<std::uint64_t>(load_.count()) / bursts * 2;
  const auto draw = [this](std::uint64_t bound) {
    const Uninterrupted scope;
    return stage_.scheduler.tape().draw(bound);
  };
  while (left_in_all_ > 0 && !failure()) {
    send_refused(client);
    const std::uint64_t wanted = 1 + draw(kBurstMost);
    for (std::uint64_t i = 0; i < wanted && left_in_all_ > 0 && !failure(); ++i) send_next(client);
    sleep_until(deadline_in(Duration(static_cast<Duration::rep>(draw(gap_most + 1)))));
  }
}

bool ProducerProcess::has_lost_some(const DeliveryReport& report) const {
  const Uninterrupted scope;
  const std::string& topic = plan_.workloads()[sent_[report.token].workload].topic;
  const PartitionIndex partition = stage_.history.partition({topic, report.partition});
  return !stage_.judge.model().log(partition).excused().empty();
}

void ProducerProcess::take(std::span<const DeliveryReport> reports) {
  for (const DeliveryReport& report : reports) {
    // Others before it were lost legally: the log that refused it does not have it, nor will it.
    if (report.error != nullptr && report.error->code == ErrorCode::kOutOfOrderSequenceNumber &&
        has_lost_some(report)) {
      const Uninterrupted scope;
      refused_.push_back(report.token);
      continue;
    }
    if (report.error != nullptr) {
      note_failure(*report.error);
      continue;
    }
    const Uninterrupted scope;
    Sent& sent = sent_[report.token];
    ++acknowledged_;
    sent.record = {};
    if (report.offset < 0) continue;  // known to the broker as a duplicate
    const std::string& topic = plan_.workloads()[sent.workload].topic;
    stage_.recorder.tell({.kind = EventKind::kProduced,
                          .partition = stage_.history.partition({topic, report.partition}),
                          .offset = report.offset,
                          .detail = sent.hash});
  }
}

}  // namespace rookery::sim
