// progress.cc
//
// Brokers do not tell when an offset is committed, so they are asked again and again.

#include "examples/archive/progress.h"

#include <rookery/runtime/time.h>
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace archive {

using namespace std::chrono_literals;
using rookery::ErrorCode;
using rookery::fail;
using rookery::Offset;
using rookery::Result;
using rookery::Status;
using rookery::TopicPartition;

namespace {

constexpr auto kAnswerTimeout = 10s;
constexpr auto kBetweenQuestions = 20ms;

using Ends = std::map<TopicPartition, Offset>;

Result<Ends> ends_of(rookery::Transport& transport, const std::string& topic) {
  auto admin = transport.make_admin({});
  if (!admin) return fail(admin.error());
  const auto deadline = rookery::deadline_in(kAnswerTimeout);
  const auto cluster = (*admin)->describe({topic}, deadline);
  if (!cluster) return fail(cluster.error());
  std::vector<TopicPartition> partitions;
  for (const rookery::TopicDescription& described : cluster->topics) {
    for (const rookery::PartitionDescription& partition : described.partitions) {
      partitions.push_back({described.name, partition.partition});
    }
  }
  const auto watermarks = (*admin)->watermarks(partitions, deadline);
  if (!watermarks) return fail(watermarks.error());
  Ends ends;
  for (const rookery::Watermarks& mark : *watermarks) {
    if (mark.high > mark.low) ends[mark.partition] = mark.high;
  }
  return ends;
}

// Offsets that are not committed yet.
Result<Offset> left_of(rookery::GroupConsumer& consumer, const Ends& ends) {
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, end] : ends) partitions.push_back(partition);
  const auto committed = consumer.committed(partitions, rookery::deadline_in(kAnswerTimeout));
  if (!committed) return fail(committed.error());
  Offset left = 0;
  for (const rookery::CommittedOffset& offset : *committed) {
    left += std::max<Offset>(0, ends.at(offset.partition) - offset.offset.value_or(0));
  }
  return left;
}

std::string stuck(Offset left, rookery::Duration patience) {
  return "no server went on for " +
         std::to_string(std::chrono::ceil<std::chrono::seconds>(patience).count()) +
         " s: " + std::to_string(left) + " records are left";
}

Status wait(rookery::GroupConsumer& consumer, const Ends& ends, rookery::Duration patience,
            const std::function<Status()>& check) {
  Offset least = rookery::Offset{1} << 62;
  rookery::TimePoint give_up = rookery::deadline_in(patience);
  for (;;) {
    const Result<Offset> left = left_of(consumer, ends);
    const bool is_patient = rookery::now() < give_up;
    // A coordinator may be on its way elsewhere: that is not the end yet.
    if (!left && !(left.error().retriable && is_patient)) return fail(left.error());
    if (left && *left == 0) return {};
    if (left && *left < least) {
      least = *left;
      give_up = rookery::deadline_in(patience);
    } else if (left && !is_patient) {
      return fail(ErrorCode::kState, stuck(*left, patience));
    }
    if (check) {
      if (Status good = check(); !good) return good;
    }
    rookery::sleep_until(rookery::deadline_in(kBetweenQuestions));
  }
}

}  // namespace

Status wait_until_consumed(rookery::Transport& transport, const ArchiveNames& names,
                           rookery::Duration patience, const std::function<Status()>& check) {
  const Result<Ends> ends = ends_of(transport, names.packages);
  if (!ends) return fail(ends.error());
  if (ends->empty()) return {};
  // Never subscribes: only a member of the group by name, to be told its offsets.
  auto consumer = transport.make_group_consumer(
      {.config = {{"client.id", "archive-progress"}, {"group.id", names.group}}});
  if (!consumer) return fail(consumer.error());
  Status done = wait(**consumer, *ends, patience, check);
  const rookery::CloseReport closed = (*consumer)->close(rookery::deadline_in(5s));
  if (done && closed.timed_out()) {
    return fail(ErrorCode::kTimedOut, "the observer did not close: " + closed.text());
  }
  return done;
}

}  // namespace archive
