// group_producer.cc
//
// Sends, waits, flushes.
#include "simulations/properties/group_producer.h"

#include <rookery/runtime/random.h>

#include <chrono>
#include <span>
#include <string>
#include <utility>

#include "mockbroker/client/mock_producer.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Longer than all trouble.
constexpr Duration kFlushMost = seconds(60);

mock::ProducerSettings settings() {
  mock::ProducerSettings settings;
  settings.client.client_id = "producer";
  settings.client.request_timeout = seconds(1);
  settings.client.backoff_most = milliseconds(200);
  settings.metadata.retry_backoff = milliseconds(50);
  settings.retry_backoff = milliseconds(50);
  return settings;
}

}  // namespace

void produce_for_groups(LifeStage& stage, std::uint64_t records, int partitions, Duration time) {
  const auto fail = [&stage](const std::string& what, const Error& error) {
    stage.watch.fail("records are delivered", "the producer's " + what + ": " + error.text());
  };
  mock::MockProducer producer(stage.network, settings(),
                              [&fail](std::span<const DeliveryReport> reports) {
                                for (const DeliveryReport& report : reports) {
                                  if (report.error != nullptr) fail("record", *report.error);
                                }
                              });
  const auto pause = static_cast<std::uint64_t>(
      std::chrono::duration_cast<milliseconds>(time).count() * 2 / static_cast<int>(records));
  for (std::uint64_t i = 0; i < records; ++i) {
    if (stage.phase == LifePhase::kTrouble) {
      sleep_until(deadline_in(milliseconds(static_cast<std::int64_t>(random_below(pause + 1)))));
    }
    const std::string value = "record " + std::to_string(i);
    const OutgoingRecord record{.topic = stage.topic,
                                .value = value,
                                .partition = static_cast<PartitionId>(
                                    random_below(static_cast<std::uint64_t>(partitions)))};
    const Status sent = producer.send(record, i);
    if (!sent) fail("send", sent.error());
  }
  const Status flushed = producer.flush(deadline_in(kFlushMost));
  if (!flushed) fail("flush", flushed.error());
  const Status closed = producer.close(deadline_in(kFlushMost));
  if (!closed) fail("close", closed.error());
}

}  // namespace rookery::sim
