// read.cc
//
// From where to where, which of the records, and onto the output.
#include <rookery/cli/read.h>

#include <rookery/cli/read_text.h>
#include <rookery/reading/topic_reader.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <utility>

namespace rookery {
namespace {

constexpr std::size_t kBufferedMost = std::size_t{64} << 10;

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

Result<std::vector<ReadRange>> ranges_of(Transport& transport, const RecordsOptions& options,
                                         const ReadOptions& read) {
  const auto admin = transport.make_admin(read.config);
  if (!admin) return fail(admin.error());
  const TimePoint deadline = deadline_in(read.patience);
  const auto partitions = chosen_partitions(**admin, options, deadline);
  if (!partitions) return fail(partitions.error());
  const auto marks = (*admin)->watermarks(*partitions, deadline);
  if (!marks) return fail(marks.error());
  const ReadPoint end{.kind = ReadPoint::Kind::kEnd};
  const auto begins = offsets_of(
      **admin, options.from.value_or(options.is_following ? end : ReadPoint()), *marks, deadline);
  if (!begins) return fail(begins.error());
  const auto ends = offsets_of(**admin, options.to.value_or(end), *marks, deadline);
  if (!ends) return fail(ends.error());
  std::vector<ReadRange> ranges;
  for (std::size_t i = 0; i < marks->size(); ++i) {
    ranges.push_back({.partition = (*marks)[i].partition,
                      .begin = (*begins)[i],
                      .end = options.is_following ? kWithoutEnd : (*ends)[i]});
  }
  return ranges;
}

bool matches(const Record& record, const RecordsOptions& options) {
  if (options.key && (record.key().is_null() || record.key().view() != *options.key)) return false;
  const auto has = [&](Bytes bytes) {
    return bytes.view().find(options.containing) != std::string_view::npos;
  };
  return options.containing.empty() || has(record.key()) || has(record.value());
}

}  // namespace

Status run_read(Transport& transport, const ConfigMap& config, const RecordsOptions& options,
                const Terminal& terminal, const std::function<bool()>& is_over) {
  ReadOptions read{.config = config};
  const auto ranges = ranges_of(transport, options, read);
  if (!ranges) return fail(ranges.error());
  Output output(terminal);
  Status written;
  if (options.is_following) {
    read.is_over = [&] {
      written = output.flush();
      return !written || (is_over && is_over());
    };
  }
  std::uint64_t in_all = 0;
  if (!options.is_following) {
    for (const ReadRange& range : *ranges) {
      in_all += static_cast<std::uint64_t>(std::max<Offset>(range.end - range.begin, 0));
    }
  }
  Progress progress(terminal, "read", "records");
  std::uint64_t seen = 0;
  std::uint64_t taken = 0;
  bool is_enough = false;
  const auto result = read_ranges(transport, *ranges, read, [&](const Record& record) -> Status {
    progress.at(++seen, in_all);
    if (!matches(record, options)) return {};
    progress.hide();
    written = output.write(options.is_json ? record_json(record) : record_text(record, terminal));
    if (!written) return written;
    is_enough = options.limit && ++taken == *options.limit;
    return is_enough ? Status(fail(ErrorCode::kState, "enough")) : Status();
  });
  progress.hide();
  if (written) written = output.flush();
  if (!written) return written.error().code == ErrorCode::kClosed ? Status() : written;
  return result || is_enough ? Status() : Status(fail(result.error()));
}

}  // namespace rookery
