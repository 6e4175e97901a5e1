// read.cc
//
// From where to where, which of the records, and onto the output.
#include <rookery/cli/read.h>

#include <rookery/cli/read_text.h>
#include <rookery/reading/topic_reader.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace rookery {
namespace {

constexpr std::size_t kBufferedMost = std::size_t{64} << 10;
// Records that come wait for a look at the topic no longer than this.
constexpr auto kLookPatience = std::chrono::seconds(2);

// Lines are gathered, unless somebody looks on.
class Output {
 public:
  explicit Output(const Terminal& terminal) : terminal_(terminal) {}

  Status write(std::string_view line) {
    buffer_ += line;
    return terminal_.width > 0 || buffer_.size() >= kBufferedMost ? flush() : Status();
  }
  Status flush() {
    return buffer_.empty() ? Status() : terminal_.write(std::exchange(buffer_, {}));
  }

 private:
  const Terminal& terminal_;
  std::string buffer_;
};

Result<std::vector<TopicPartition>> chosen_partitions(AdminClient& admin,
                                                      const RecordsOptions& options,
                                                      TimePoint deadline) {
  const auto cluster = admin.describe({options.topic}, deadline);
  if (!cluster) return fail(cluster.error());
  std::vector<TopicPartition> all;
  for (const TopicDescription& topic : cluster->topics) {
    for (const PartitionDescription& partition : topic.partitions) {
      all.push_back({topic.name, partition.partition});
    }
  }
  if (options.partitions.empty()) return all;
  std::vector<TopicPartition> chosen;
  for (const PartitionId id : options.partitions) {
    const TopicPartition partition{options.topic, id};
    if (std::find(all.begin(), all.end(), partition) == all.end()) {
      return fail(ErrorCode::kUnknownTopicOrPartition,
                  "topic " + options.topic + " has no partition " + std::to_string(id) +
                      ", it has " + std::to_string(all.size()));
    }
    if (std::find(chosen.begin(), chosen.end(), partition) == chosen.end()) {
      chosen.push_back(partition);
    }
  }
  return chosen;
}

// Where the point lies in each partition, within its log.
Result<std::vector<Offset>> offsets_of(AdminClient& admin, const ReadPoint& point,
                                       const std::vector<Watermarks>& marks, TimePoint deadline) {
  std::vector<std::optional<Offset>> young;
  if (point.kind == ReadPoint::Kind::kTime) {
    std::vector<TopicPartition> partitions;
    for (const Watermarks& mark : marks) partitions.push_back(mark.partition);
    auto found = admin.offsets_for_time(partitions, point.time, deadline);
    if (!found) return fail(found.error());
    young = *std::move(found);
  }
  std::vector<Offset> offsets;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const auto [partition, low, high] = marks[i];
    Offset offset = low;
    switch (point.kind) {
      case ReadPoint::Kind::kBeginning:
        break;
      case ReadPoint::Kind::kEnd:
        offset = high;
        break;
      case ReadPoint::Kind::kOffset:
        offset = point.offset;
        break;
      case ReadPoint::Kind::kBeforeEnd:
        offset = high - std::min(point.offset, high);
        break;
      case ReadPoint::Kind::kTime:
        offset = young[i].value_or(high);
        break;
    }
    offsets.push_back(std::clamp(offset, low, high));
  }
  return offsets;
}

std::string place_text(const TopicPartition& partition, Offset offset) {
  return partition.text() + "@" + std::to_string(offset);
}

// A range of one record's offset, if it may be there.
Result<std::vector<ReadRange>> range_of_record(const Watermarks& marks, Offset record) {
  const auto& [partition, low, high] = marks;
  const std::string place = place_text(partition, record);
  const std::string log =
      "the log begins at " + std::to_string(low) + " and ends before " + std::to_string(high);
  if (record < low) {
    return fail(ErrorCode::kOffsetOutOfRange, place + " is there no more: " + log);
  }
  if (record >= high) {
    return fail(ErrorCode::kOffsetOutOfRange, place + " is not there yet: " + log);
  }
  return std::vector<ReadRange>{{.partition = partition, .begin = record, .end = record + 1}};
}

bool matches(const Record& record, const RecordsOptions& options) {
  if (options.key && (record.key().is_null() || record.key().view() != *options.key)) return false;
  const auto has = [&](Bytes bytes) {
    return bytes.view().find(options.containing) != std::string_view::npos;
  };
  return options.containing.empty() || has(record.key()) || has(record.value());
}

class Reading {
 public:
  Reading(Transport& transport, const ConfigMap& config, const RecordsOptions& options,
          const Terminal& terminal, const std::function<bool()>& is_over)
      : transport_(transport),
        options_(options),
        terminal_(terminal),
        output_(terminal),
        progress_(terminal, "read", "records") {
    read_.config = config;
    if (!options.is_following) return;
    read_.is_over = [this, &is_over] {
      written_ = output_.flush();
      return !written_ || (is_over && is_over()) || has_grown();
    };
  }

  Status run() {
    auto admin = transport_.make_admin(read_.config);
    if (!admin) return fail(admin.error());
    admin_ = *std::move(admin);
    auto ranges = choose_ranges();
    if (!ranges) return fail(ranges.error());
    ranges_ = *std::move(ranges);
    Status result = read();
    while (result && !added_.empty()) {
      continue_with_added();
      result = read();
    }
    progress_.hide();
    if (written_) written_ = output_.flush();
    if (!written_) return written_.error().code == ErrorCode::kClosed ? Status() : written_;
    return result;
  }

 private:
  Result<std::vector<ReadRange>> choose_ranges() {
    const TimePoint deadline = deadline_in(read_.patience);
    const auto partitions = chosen_partitions(*admin_, options_, deadline);
    if (!partitions) return fail(partitions.error());
    const auto marks = admin_->watermarks(*partitions, deadline);
    if (!marks) return fail(marks.error());
    if (options_.record) return range_of_record(marks->front(), *options_.record);
    const ReadPoint end{.kind = ReadPoint::Kind::kEnd};
    const auto begins =
        offsets_of(*admin_, options_.from.value_or(options_.is_following ? end : ReadPoint()),
                   *marks, deadline);
    if (!begins) return fail(begins.error());
    const auto ends = offsets_of(*admin_, options_.to.value_or(end), *marks, deadline);
    if (!ends) return fail(ends.error());
    std::vector<ReadRange> ranges;
    for (std::size_t i = 0; i < marks->size(); ++i) {
      ranges.push_back({.partition = (*marks)[i].partition,
                        .begin = (*begins)[i],
                        .end = options_.is_following ? kWithoutEnd : (*ends)[i]});
      in_all_ += static_cast<std::uint64_t>(std::max<Offset>((*ends)[i] - (*begins)[i], 0));
    }
    if (options_.is_following) in_all_ = 0;
    return ranges;
  }

  // That the limit was reached is no error.
  Status read() {
    bool is_enough = false;
    const auto result =
        read_ranges(transport_, ranges_, read_, [&](const Record& record) -> Status {
          if (Status taken = take(record); !taken) return taken;
          is_enough = options_.limit && taken_ == *options_.limit;
          return is_enough ? Status(fail(ErrorCode::kState, "enough")) : Status();
        });
    if (!result && !is_enough) return fail(result.error());
    if (!options_.record || seen_ > 0) return {};
    return fail(ErrorCode::kOffsetOutOfRange,
                place_text(ranges_.front().partition, *options_.record) +
                    " holds no record: it was removed, or is a marker of a transaction");
  }

  Status take(const Record& record) {
    progress_.at(++seen_, in_all_);
    if (options_.is_following) next_[record.topic_partition()] = record.offset() + 1;
    if (!matches(record, options_)) return {};
    progress_.hide();
    ++taken_;
    written_ =
        output_.write(options_.is_json ? record_json(record) : record_text(record, terminal_));
    return written_;
  }

  // Asks now and then whether the topic has partitions that are not read. Nobody answers: later.
  bool has_grown() {
    if (!options_.partitions.empty() || now() < next_look_) return false;
    next_look_ = deadline_in(options_.between_looks);
    const auto all = chosen_partitions(*admin_, options_, deadline_in(kLookPatience));
    if (!all) return false;
    for (const TopicPartition& partition : *all) {
      const auto is_it = [&](const ReadRange& range) { return range.partition == partition; };
      if (std::none_of(ranges_.begin(), ranges_.end(), is_it)) added_.push_back(partition);
    }
    return !added_.empty();
  }

  void continue_with_added() {
    for (ReadRange& range : ranges_) {
      const auto next = next_.find(range.partition);
      if (next != next_.end()) range.begin = next->second;
    }
    for (const TopicPartition& partition : added_) {
      ranges_.push_back({.partition = partition, .begin = 0, .end = kWithoutEnd});
    }
    progress_.hide();
    const std::string added = text(std::exchange(added_, {}));
    if (terminal_.tell) terminal_.tell("new partitions are read from their beginning: " + added);
  }

  Transport& transport_;
  const RecordsOptions& options_;
  const Terminal& terminal_;
  ReadOptions read_;
  Output output_;
  Progress progress_;
  std::unique_ptr<AdminClient> admin_;
  std::vector<ReadRange> ranges_;
  Status written_;
  std::uint64_t in_all_ = 0;  // 0: nobody knows
  std::uint64_t seen_ = 0;
  std::uint64_t taken_ = 0;
  // Of following.
  std::map<TopicPartition, Offset> next_;
  std::vector<TopicPartition> added_;
  TimePoint next_look_ = deadline_in(options_.between_looks);
};

}  // namespace

Status run_read(Transport& transport, const ConfigMap& config, const RecordsOptions& options,
                const Terminal& terminal, const std::function<bool()>& is_over) {
  return Reading(transport, config, options, terminal, is_over).run();
}

}  // namespace rookery
