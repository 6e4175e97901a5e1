// allocations_test.cc
//
// Nothing is allocated per record: what the whole process allocates while records are consumed,
// the in-process Kafka included, is a small number for each batch. Counted, never timed.
#include "bench/allocations.h"

#include <rookery/producing/producer.h>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "bench/framework_run.h"
#include "bench/records.h"
#include "mockbroker/transport/in_process_kafka.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTopic = "allocations.v1";
constexpr std::uint64_t kRecords = 80'000;
// A batch has up to 500 records (max_records): this is 20 allocations for each full one.
constexpr std::uint64_t kRecordsPerAllocation = 25;

// Counts from the first quarter of the records to the last: neither start nor stop.
class Window {
 public:
  void note_record() {
    const std::uint64_t number = consumed_.fetch_add(1) + 1;
    if (number == kRecords / 4) first_ = allocations();
    if (number == kRecords / 4 * 3) last_ = allocations();
  }
  std::uint64_t counted() const { return last_ - first_; }
  static constexpr std::uint64_t records() { return kRecords / 2; }

 private:
  std::atomic<std::uint64_t> consumed_{0};
  std::atomic<std::uint64_t> first_{0};
  std::atomic<std::uint64_t> last_{0};
};

class MarkOnly final : public Consumer {
 public:
  explicit MarkOnly(Window* window) : window_(window) {}

 private:
  void consume(const Record&) override { window_->note_record(); }

  Window* const window_;
};

// What the count must notice.
class AllocateForEach final : public Consumer {
 public:
  explicit AllocateForEach(Window* window) : window_(window) {}

 private:
  void consume(const Record&) override {
    last_ = std::make_unique<std::uint64_t>();
    window_->note_record();
  }

  Window* const window_;
  std::unique_ptr<std::uint64_t> last_;
};

void fill(mock::InProcessKafka& kafka) {
  ASSERT_TRUE(kafka.create_topic(kTopic, 8));
  Result<Producer> producer = Producer::make(kafka.transport(), {});
  ASSERT_TRUE(producer);
  RecordMaker maker(100);
  for (std::uint64_t number = 0; number < kRecords; ++number) {
    maker.make(number);
    ASSERT_TRUE(producer->send({.topic = kTopic, .key = maker.key(), .value = maker.value()}));
  }
  ASSERT_TRUE(producer->flush(deadline_in(60s)));
}

template <class Kind>
void consume_all(Window& window) {
  mock::InProcessKafka kafka;
  ASSERT_NO_FATAL_FAILURE(fill(kafka));
  RunningServer server(kafka.transport(), kTopic, consumer<Kind>(&window));
  count_allocations(true);
  const Result<Turn> turn = consume_topic(server, kRecords);
  count_allocations(false);
  ASSERT_TRUE(turn) << turn.error().message;
}

TEST(Allocations, NoneForEachRecordConsumed) {
  Window window;
  ASSERT_NO_FATAL_FAILURE(consume_all<MarkOnly>(window));
  RecordProperty("allocations", std::to_string(window.counted()));
  EXPECT_LE(window.counted(), Window::records() / kRecordsPerAllocation);
}

TEST(Allocations, OneForEachRecordIsNoticed) {
  Window window;
  const std::uint64_t before = allocations();
  ASSERT_NO_FATAL_FAILURE(consume_all<AllocateForEach>(window));
  EXPECT_GE(allocations() - before, kRecords);
}

}  // namespace
}  // namespace rookery::bench
