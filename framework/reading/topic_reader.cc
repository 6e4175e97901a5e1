// topic_reader.cc
//
// Partitions are assigned directly; each is done when its next offset has passed the high watermark
// that it had at first. Offsets have gaps in a compacted topic, so positions count, not records.

#include "examples/archive/topic_reader.h"

#include <rookery/runtime/time.h>
#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <variant>

namespace archive {

using namespace std::chrono_literals;
using rookery::Error;
using rookery::ErrorCode;
using rookery::fail;
using rookery::Offset;
using rookery::Result;
using rookery::Status;
using rookery::TopicPartition;

namespace {

constexpr std::size_t kRecordsPerTake = 1000;
constexpr std::size_t kBytesPerTake = std::size_t{4} << 20;
// Between two looks at streams that were all empty, unless an event comes first.
constexpr auto kLook = 10ms;

Result<std::vector<rookery::Watermarks>> watermarks_of(rookery::Transport& transport,
                                                       const std::vector<std::string>& topics,
                                                       rookery::TimePoint deadline) {
  auto admin = transport.make_admin({});
  if (!admin) return fail(admin.error());
  const auto cluster = (*admin)->describe(topics, deadline);
  if (!cluster) return fail(cluster.error());
  std::vector<TopicPartition> partitions;
  for (const rookery::TopicDescription& topic : cluster->topics) {
    for (const rookery::PartitionDescription& partition : topic.partitions) {
      partitions.push_back({topic.name, partition.partition});
    }
  }
  return (*admin)->watermarks(partitions, deadline);
}

class Reader {
 public:
  Reader(rookery::GroupConsumer& consumer, const std::vector<rookery::Watermarks>& watermarks,
         rookery::Duration patience, const TakeRecord& take)
      : consumer_(consumer), patience_(patience), take_(take) {
    for (const rookery::Watermarks& mark : watermarks) {
      if (mark.low < mark.high) partitions_[mark.partition] = {.begin = mark.low, .end = mark.high};
    }
  }

  Result<ReadResult> run() {
    std::vector<rookery::TopicPartitionOffset> begins;
    for (const auto& [partition, state] : partitions_) begins.push_back({partition, state.begin});
    if (begins.empty()) return result_;
    if (Status assigned = consumer_.assign(begins); !assigned) return fail(assigned.error());
    give_up_ = rookery::deadline_in(patience_);
    while (!partitions_.empty()) {
      const Result<bool> moved = take_all();
      if (!moved) return fail(moved.error());
      const auto wait = *moved ? rookery::now() : rookery::deadline_in(kLook);
      if (Status polled = poll(wait); !polled) return fail(polled.error());
      if (*moved) give_up_ = rookery::deadline_in(patience_);
      if (rookery::now() >= give_up_) return fail(silence());
    }
    return result_;
  }

 private:
  struct Partition {
    Offset begin = 0;
    Offset end = 0;
    std::shared_ptr<rookery::PartitionStream> stream = nullptr;
  };

  // Whether anything came.
  Result<bool> take_all() {
    bool moved = false;
    for (auto it = partitions_.begin(); it != partitions_.end();) {
      const Result<Offset> next = it->second.stream ? take_from(*it->second.stream, moved) : -1;
      if (!next) return fail(next.error());
      it = *next >= it->second.end ? partitions_.erase(it) : std::next(it);
    }
    return moved;
  }

  Result<Offset> take_from(rookery::PartitionStream& stream, bool& moved) {
    const rookery::Taken taken = stream.take(kRecordsPerTake, kBytesPerTake);
    for (const rookery::Record& record : taken.batch) {
      if (Status used = take_(record); !used) return fail(used.error());
      count(record);
    }
    moved = moved || !taken.batch.empty();
    if (taken.error) return fail(*taken.error);
    return taken.next_offset;
  }

  void count(const rookery::Record& record) {
    ++result_.records;
    if (!record.has_timestamp()) return;
    const rookery::Timestamp time = record.timestamp();
    result_.oldest = std::min(result_.oldest.value_or(time), time);
    result_.newest = std::max(result_.newest.value_or(time), time);
  }

  Status poll(rookery::TimePoint deadline) {
    for (rookery::GroupEvent& event : consumer_.poll_events(deadline)) {
      if (auto* assigned = std::get_if<rookery::Assigned>(&event)) {
        for (rookery::AssignedPartition& came : assigned->partitions) {
          const auto known = partitions_.find(came.partition);
          if (known != partitions_.end()) known->second.stream = std::move(came.stream);
        }
      } else if (auto* error = std::get_if<rookery::ConsumerError>(&event)) {
        if (error->error.fatal || !error->error.retriable) return fail(error->error);
        last_error_ = std::move(error->error);
      }
    }
    return {};
  }

  Error silence() const {
    std::vector<TopicPartition> left;
    for (const auto& [partition, state] : partitions_) left.push_back(partition);
    std::string message =
        "no record of " + rookery::text(std::move(left)) + " came for " +
        std::to_string(std::chrono::ceil<std::chrono::seconds>(patience_).count()) + " s";
    if (last_error_) message += "; the last error was " + last_error_->text();
    return {.code = ErrorCode::kTimedOut, .message = std::move(message), .retriable = true};
  }

  rookery::GroupConsumer& consumer_;
  rookery::Duration patience_;
  const TakeRecord& take_;
  std::map<TopicPartition, Partition> partitions_;  // those not read to their end
  rookery::TimePoint give_up_;
  std::optional<Error> last_error_;
  ReadResult result_;
};

}  // namespace

Result<ReadResult> read_to_end(rookery::Transport& transport,
                               const std::vector<std::string>& topics, rookery::Duration patience,
                               const TakeRecord& take) {
  const auto watermarks = watermarks_of(transport, topics, rookery::deadline_in(patience));
  if (!watermarks) return fail(watermarks.error());
  // librdkafka wants a group's name for any consumer; nothing is committed under it.
  auto consumer = transport.make_group_consumer({
      .config = {{"client.id", "archive-report"}, {"group.id", "archive-report"}},
  });
  if (!consumer) return fail(consumer.error());
  Result<ReadResult> result = Reader(**consumer, *watermarks, patience, take).run();
  const rookery::CloseReport closed = (*consumer)->close(rookery::deadline_in(5s));
  if (result && closed.timed_out()) {
    return fail(ErrorCode::kTimedOut, "the reader did not close: " + closed.text());
  }
  return result;
}

}  // namespace archive
