// topic_reader.cc
//
// Partitions are assigned directly; each is done when its next offset has passed the high watermark
// that it had at first. Offsets have gaps in a compacted topic, so positions count, not records.

#include <rookery/reading/topic_reader.h>

#include <rookery/runtime/time.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <variant>

namespace rookery {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRecordsPerTake = 1000;
constexpr std::size_t kBytesPerTake = std::size_t{4} << 20;
// Between two looks at streams that were all empty, unless an event comes first.
constexpr auto kLook = 10ms;

class Reader {
 public:
  Reader(GroupConsumer& consumer, const std::vector<ReadRange>& ranges, const ReadOptions& options,
         const TakeRecord& take)
      : consumer_(consumer), options_(options), patience_(options.patience), take_(take) {
    for (const ReadRange& range : ranges) {
      if (range.begin < range.end) {
        partitions_[range.partition] = {.begin = range.begin, .end = range.end};
      }
    }
  }

  Result<ReadResult> run() {
    std::vector<TopicPartitionOffset> begins;
    for (const auto& [partition, state] : partitions_) begins.push_back({partition, state.begin});
    if (begins.empty()) return result_;
    if (Status assigned = consumer_.assign(begins); !assigned) return fail(assigned.error());
    give_up_ = deadline_in(patience_);
    while (!partitions_.empty() && !(options_.is_over && options_.is_over())) {
      const Result<bool> moved = take_all();
      if (!moved) return fail(moved.error());
      const auto wait = *moved ? now() : deadline_in(kLook);
      if (Status polled = poll(wait); !polled) return fail(polled.error());
      if (*moved) give_up_ = deadline_in(patience_);
      if (!options_.is_over && now() >= give_up_) return fail(silence());
    }
    return result_;
  }

 private:
  struct Partition {
    Offset begin = 0;
    Offset end = 0;
    std::shared_ptr<PartitionStream> stream = nullptr;
  };

  // Whether anything came.
  Result<bool> take_all() {
    bool moved = false;
    for (auto it = partitions_.begin(); it != partitions_.end();) {
      const Result<Offset> next = it->second.stream ? take_from(it->second, moved) : -1;
      if (!next) return fail(next.error());
      it = *next >= it->second.end ? partitions_.erase(it) : std::next(it);
    }
    return moved;
  }

  Result<Offset> take_from(Partition& partition, bool& moved) {
    const Taken taken = partition.stream->take(kRecordsPerTake, kBytesPerTake);
    for (const Record& record : taken.batch) {
      if (record.offset() >= partition.end) break;  // came later
      if (Status used = take_(record); !used) return fail(used.error());
      count(record);
    }
    moved = moved || !taken.batch.empty();
    if (taken.error) return fail(*taken.error);
    return taken.next_offset;
  }

  void count(const Record& record) {
    ++result_.records;
    if (!record.has_timestamp()) return;
    const Timestamp time = record.timestamp();
    result_.oldest = std::min(result_.oldest.value_or(time), time);
    result_.newest = std::max(result_.newest.value_or(time), time);
  }

  Status poll(TimePoint deadline) {
    for (GroupEvent& event : consumer_.poll_events(deadline)) {
      if (auto* assigned = std::get_if<Assigned>(&event)) {
        for (AssignedPartition& came : assigned->partitions) {
          const auto known = partitions_.find(came.partition);
          if (known != partitions_.end()) known->second.stream = std::move(came.stream);
        }
      } else if (auto* error = std::get_if<ConsumerError>(&event)) {
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

  GroupConsumer& consumer_;
  const ReadOptions& options_;
  Duration patience_;
  const TakeRecord& take_;
  std::map<TopicPartition, Partition> partitions_;  // those not read to their end
  TimePoint give_up_;
  std::optional<Error> last_error_;
  ReadResult result_;
};

}  // namespace

Result<std::vector<ReadRange>> topic_ranges(Transport& transport,
                                            const std::vector<std::string>& topics,
                                            const ReadOptions& options) {
  const TimePoint deadline = deadline_in(options.patience);
  auto admin = transport.make_admin(options.config);
  if (!admin) return fail(admin.error());
  const auto cluster = (*admin)->describe(topics, deadline);
  if (!cluster) return fail(cluster.error());
  std::vector<TopicPartition> partitions;
  for (const TopicDescription& topic : cluster->topics) {
    for (const PartitionDescription& partition : topic.partitions) {
      partitions.push_back({topic.name, partition.partition});
    }
  }
  const auto watermarks = (*admin)->watermarks(partitions, deadline);
  if (!watermarks) return fail(watermarks.error());
  std::vector<ReadRange> ranges;
  for (const Watermarks& mark : *watermarks) {
    ranges.push_back({.partition = mark.partition, .begin = mark.low, .end = mark.high});
  }
  if (options.since) {
    const auto first = (*admin)->offsets_for_time(partitions, *options.since, deadline);
    if (!first) return fail(first.error());
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      ranges[i].begin = std::max(ranges[i].begin, (*first)[i].value_or(ranges[i].end));
    }
  }
  std::erase_if(ranges, [](const ReadRange& range) { return range.begin >= range.end; });
  return ranges;
}

Result<ReadResult> read_ranges(Transport& transport, const std::vector<ReadRange>& ranges,
                               const ReadOptions& options, const TakeRecord& take) {
  // librdkafka wants a group's name for any consumer; nothing is committed under it.
  ConfigMap config = options.config;
  config.try_emplace("group.id", "reader");
  // What retention takes meanwhile is left out, and not all that follows it.
  config.try_emplace("auto.offset.reset", "earliest");
  // Nobody reads its statistics, whatever the program has for its server's clients; and it is no
  // member, so it needs none to know of joins, as a cooperative one does.
  config["statistics.interval.ms"] = "0";
  const auto strategy = config.find("partition.assignment.strategy");
  if (strategy != config.end()) strategy->second = "range";
  auto consumer = transport.make_group_consumer({.config = std::move(config)});
  if (!consumer) return fail(consumer.error());
  Result<ReadResult> result = Reader(**consumer, ranges, options, take).run();
  const CloseReport closed = (*consumer)->close(deadline_in(5s));
  if (result && closed.timed_out()) {
    return fail(ErrorCode::kTimedOut, "the reader did not close: " + closed.text());
  }
  return result;
}

Result<ReadResult> read_to_end(Transport& transport, const std::vector<std::string>& topics,
                               const ReadOptions& options, const TakeRecord& take) {
  const auto ranges = topic_ranges(transport, topics, options);
  if (!ranges) return fail(ranges.error());
  return read_ranges(transport, *ranges, options, take);
}

}  // namespace rookery
