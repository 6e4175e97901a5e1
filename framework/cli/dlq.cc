// dlq.cc
//
// Reading dead letters to the end that their topics have now, and sending them back.
#include <rookery/cli/dlq.h>

#include <rookery/cli/dlq_text.h>
#include <rookery/producing/producer.h>
#include <rookery/reading/topic_reader.h>
#include <rookery/recovery/dead_letter.h>
#include <rookery/routing/dead_letter_topics.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <iterator>
#include <map>
#include <tuple>
#include <utility>

namespace rookery {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kListedMost = 100;
// Longer than the client tries to deliver one record.
constexpr std::chrono::milliseconds kDeliveryTimeout = 30s;

// What a filter keeps, one after another; an error ends the reading.
using TakeLetter = std::function<Status(const Record&, const DeadLetterSource&)>;

// The class itself, or its name without namespaces.
bool is_class(std::string_view error_class, std::string_view wanted) {
  return error_class == wanted ||
         (error_class.ends_with(wanted) &&
          error_class.substr(0, error_class.size() - wanted.size()).ends_with("::"));
}

class DeadLetters {
 public:
  DeadLetters(const App& app, Transport& transport, const DlqOptions& options,
              const Terminal& terminal)
      : app_(app), transport_(transport), options_(options), terminal_(terminal) {
    read_options_.config = client_config(app);
    read_options_.config["group.id"] = app.options().client_id + "-dlq";
    read_options_.since = options.since;
  }

  // Those that match, in order for each partition. Answers how many other records there were.
  Result<std::uint64_t> read(const TakeLetter& take) {
    const auto ranges = find_ranges();
    if (!ranges) return fail(ranges.error());
    std::uint64_t others = 0;
    bool is_enough = false;
    std::uint64_t taken = 0;
    std::uint64_t seen = 0;
    std::uint64_t in_all = 0;
    for (const ReadRange& range : *ranges)
      in_all += static_cast<std::uint64_t>(range.end - range.begin);
    Progress progress(terminal_, "read", "records");
    const auto result =
        read_ranges(transport_, *ranges, read_options_, [&](const Record& record) -> Status {
          progress.at(++seen, in_all);
          const auto source = read_dead_letter(record.headers());
          if (!source) ++others;
          if (!source || !matches(record, *source)) return {};
          if (Status used = take(record, *source); !used) return used;
          is_enough = is_redrive() && options_.limit && ++taken == *options_.limit;
          return is_enough ? Status(fail(ErrorCode::kState, "enough")) : Status();
        });
    if (!result && !is_enough) return fail(result.error());
    return others;
  }

  // The one record at the place.
  Status read_one(const TakeLetter& take) {
    const TopicPartitionOffset& place = options_.place;
    const auto held = topic_ranges(transport_, {place.partition.topic}, read_options_);
    if (!held) return fail(held.error());
    bool is_there = false;
    for (const ReadRange& range : *held) {
      if (range.partition != place.partition) continue;
      if (place.offset < range.begin || place.offset >= range.end) continue;
      const ReadRange one{range.partition, place.offset, place.offset + 1};
      const auto read =
          read_ranges(transport_, {one}, read_options_, [&](const Record& record) -> Status {
            const auto source = read_dead_letter(record.headers());
            if (!source) {
              return fail(source.error().code, place_text(place) + ": " + source.error().message);
            }
            is_there = true;
            return take(record, *source);
          });
      if (!read) return fail(read.error());
    }
    if (is_there) return {};
    return fail(ErrorCode::kInvalidArgument, place_text(place) + ": there is no such record");
  }

 private:
  bool is_redrive() const { return options_.action == DlqOptions::Action::kRedrive; }

  Result<std::vector<ReadRange>> find_ranges() {
    const bool are_named = !options_.topics.empty();
    const std::vector<std::string> topics = are_named ? options_.topics : dead_letter_topics(app_);
    if (topics.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  "the routes name no dead letter topic: name one with --topic");
    }
    std::map<TopicPartition, ReadRange> all;
    for (const std::string& topic : topics) {
      auto ranges = topic_ranges(transport_, {topic}, read_options_);
      // One of the routes' is made with its first dead letter, perhaps.
      const bool is_missing = !ranges && ranges.error().code == ErrorCode::kUnknownTopicOrPartition;
      if (is_missing && !are_named) continue;
      if (!ranges) return fail(ranges.error());
      for (ReadRange& range : *ranges) all.emplace(range.partition, std::move(range));
    }
    std::vector<ReadRange> ranges;
    for (auto& [partition, range] : all) ranges.push_back(std::move(range));
    return ranges;
  }

  bool matches(const Record& record, const DeadLetterSource& source) const {
    if (options_.since && record.timestamp() < *options_.since) return false;
    if (options_.until && record.timestamp() >= *options_.until) return false;
    return options_.error_class.empty() || is_class(source.error_class, options_.error_class);
  }

  const App& app_;
  Transport& transport_;
  const DlqOptions& options_;
  const Terminal& terminal_;
  ReadOptions read_options_;
};

Status list(DeadLetters& letters, const DlqOptions& options, const Terminal& terminal) {
  const std::uint64_t most = options.limit.value_or(kListedMost);
  // The newest of those seen so far.
  std::map<std::tuple<Timestamp, TopicPartition, Offset>, DeadLetterSource> newest;
  DeadLetterList found;
  const auto others = letters.read([&](const Record& record, const DeadLetterSource& source) {
    ++found.matched;
    newest.emplace(std::tuple(record.timestamp(), record.topic_partition(), record.offset()),
                   source);
    if (newest.size() > most) newest.erase(newest.begin());
    return Status();
  });
  if (!others) return fail(others.error());
  found.others = *others;
  for (auto& [key, source] : newest) {
    const auto& [time, partition, offset] = key;
    found.letters.push_back({{partition, offset}, time, std::move(source)});
  }
  return terminal.write(options.is_json ? list_json(found) : list_text(found, terminal.width));
}

Status show(DeadLetters& letters, const DlqOptions& options, const Terminal& terminal) {
  return letters.read_one([&](const Record& record, const DeadLetterSource& source) {
    return terminal.write(options.is_json ? letter_json(record, source)
                                          : letter_text(record, source));
  });
}

// ---- Redrive

Result<RedriveCounts> count_redrive(DeadLetters& letters) {
  RedriveCounts counts{.is_dry = true};
  const auto others = letters.read([&](const Record&, const DeadLetterSource& source) {
    ++counts.matched;
    ++counts.sent[source.partition.topic];
    return Status();
  });
  if (!others) return fail(others.error());
  counts.others = *others;
  return counts;
}

// Sends as it reads; what became of each is told later, on the producer's thread.
class Redrive {
 public:
  explicit Redrive(Producer producer) : producer_(std::move(producer)) {}

  void send(const Record& record, const DeadLetterSource& source) {
    {
      MutexLock lock(mutex_);
      ++counts_.matched;
    }
    TopicPartitionOffset place{record.topic_partition(), record.offset()};
    const auto told = [this, place, topic = source.partition.topic](const Result<Delivery>& sent) {
      note(place, topic, sent);
    };
    const Status sent = producer_.send({.topic = source.partition.topic,
                                        .key = record.key(),
                                        .value = record.value(),
                                        .headers = without_source(record.headers())},
                                       told);
    if (!sent) note(place, source.partition.topic, fail(sent.error()));
  }

  // All are decided afterwards.
  RedriveCounts finish() {
    // What is not acknowledged by then has failed, and is counted so.
    static_cast<void>(producer_.close(deadline_in(2 * kDeliveryTimeout)));
    MutexLock lock(mutex_);
    return counts_;
  }

  const std::optional<Error>& first_error() const { return first_error_; }

 private:
  void note(const TopicPartitionOffset& place, const std::string& topic,
            const Result<Delivery>& sent) {
    MutexLock lock(mutex_);
    if (sent) {
      ++counts_.sent[topic];
      return;
    }
    ++counts_.failed;
    if (first_error_) return;
    first_error_ = sent.error();
    first_error_->message = place_text(place) + ": " + first_error_->message;
  }

  Mutex mutex_{"dlq.redrive", ranks::kLeaf};  // guards what follows
  RedriveCounts counts_;
  std::optional<Error> first_error_;

  Producer producer_;  // last: its end still reports
};

Result<RedriveCounts> send_back(const App& app, Transport& transport, DeadLetters& letters,
                                const Terminal& terminal, std::optional<Error>& first_error) {
  ConfigMap config = producer_config(app);
  // In order, and no sooner counted than safe.
  config["enable.idempotence"] = "true";
  config["acks"] = "all";
  config["message.timeout.ms"] = std::to_string(kDeliveryTimeout.count());
  auto producer = Producer::make(transport, std::move(config));
  if (!producer) return fail(producer.error());
  Redrive redrive(std::move(*producer));
  const auto others = letters.read([&](const Record& record, const DeadLetterSource& source) {
    redrive.send(record, source);
    return Status();
  });
  const Waiting waiting(terminal, "waiting for acknowledgements");
  RedriveCounts counts = redrive.finish();
  counts.others = others.value_or(0);
  first_error = others ? redrive.first_error() : others.error();
  return counts;
}

Status print(const RedriveCounts& counts, const DlqOptions& options, const Terminal& terminal) {
  return terminal.write(options.is_json ? redrive_json(counts) : redrive_text(counts));
}

Status ask(DeadLetters& letters, const Terminal& terminal) {
  constexpr const char* kWhat = "redrive writes records";
  if (!terminal.confirm) return ask_to_go_on(terminal, kWhat, "");
  const Result<RedriveCounts> planned = count_redrive(letters);
  if (!planned) return fail(planned.error());
  std::string plan = redrive_text(*planned);
  plan.pop_back();
  return ask_to_go_on(terminal, kWhat, plan);
}

Status redrive(const App& app, Transport& transport, DeadLetters& letters,
               const DlqOptions& options, const Terminal& terminal) {
  if (options.is_dry_run) {
    const Result<RedriveCounts> counts = count_redrive(letters);
    return counts ? print(*counts, options, terminal) : Status(fail(counts.error()));
  }
  if (!options.is_confirmed) {
    if (Status wanted = ask(letters, terminal); !wanted) return wanted;
  }
  std::optional<Error> first_error;
  const Result<RedriveCounts> counts = send_back(app, transport, letters, terminal, first_error);
  if (!counts) return fail(counts.error());
  if (Status printed = print(*counts, options, terminal); !printed) return printed;
  if (!first_error) return {};
  first_error->message += "; " + std::to_string(counts->sent_in_all()) + " of " +
                          std::to_string(counts->matched) + " were sent back";
  return fail(*std::move(first_error));
}

}  // namespace

Status run_dlq(const App& app, Transport& transport, const DlqOptions& options,
               const Terminal& terminal) {
  DeadLetters letters(app, transport, options, terminal);
  switch (options.action) {
    case DlqOptions::Action::kList:
      return list(letters, options, terminal);
    case DlqOptions::Action::kShow:
      return show(letters, options, terminal);
    case DlqOptions::Action::kRedrive:
      return redrive(app, transport, letters, options, terminal);
  }
  return fail(ErrorCode::kInvalidArgument, "dlq: an action without a meaning");
}

}  // namespace rookery
