// commands.cc
//
// Puts the parts together: a transport, the names, and the three things one can do with them.

#include "examples/archive/commands.h"

#include <rookery/base/duration.h>
#include <rookery/cli/dlq.h>
#include <rookery/cli/main.h>
#include <rookery/cli/routes.h>
#include <rookery/instrumentation/events.h>
#include <rookery/processing/server.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>
#include <memory>
#include <string>
#include <utility>

#include "examples/archive/archive_app.h"
#include "examples/archive/feed.h"
#include "examples/archive/kafka.h"
#include "examples/archive/output.h"
#include "examples/archive/progress.h"
#include "examples/archive/report.h"

namespace archive {

using namespace std::chrono_literals;
using rookery::Error;
using rookery::ErrorCode;
using rookery::fail;
using rookery::Result;
using rookery::Status;

namespace {

// Brokers that say nothing for so long are not there.
constexpr auto kBrokerPatience = 10s;
// Servers that commit nothing for so long will not go on. More than a session and a rebalance take.
constexpr auto kServerPatience = 60s;
// In one process nobody else waits for the records: the end of the work should be seen at once.
constexpr auto kCommitIntervalOfRun = 100ms;

// Errors of ours are sentences already; those of Kafka are known by their names.
std::string words_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kInvalidConfig:
    case ErrorCode::kIo:
    case ErrorCode::kState:
      return error.message;
    default:
      return error.text();
  }
}

int complain_of(const std::string& what, const Error& error) {
  return complain(what + ": " + words_of(error));
}

// The mistakes of the routes, such as an illegal topic, before any broker is asked.
Status check(const rookery::App& app) {
  std::string all;
  for (const rookery::Mistake& mistake : rookery::validate(app)) {
    all += (all.empty() ? "" : "; ") + mistake.text();
  }
  if (all.empty()) return {};
  return fail(ErrorCode::kInvalidConfig, all);
}

// Names whom we waited for: librdkafka says only that time went by.
Error with_brokers(const CommandLine& line, Error error) {
  const bool is_silence = error.code == ErrorCode::kTimedOut || error.code == ErrorCode::kTransport;
  if (is_silence && !line.brokers.empty()) {
    error.message = line.brokers + ": no broker answers: " + error.message;
  }
  return error;
}

Status prepare(const CommandLine& line, rookery::Transport& transport, const ArchiveNames& names) {
  const Status ready = ensure_topics(transport, names, rookery::deadline_in(kBrokerPatience));
  if (!ready) return fail(with_brokers(line, ready.error()));
  return {};
}

Status print_report(const Report& report, Format format) {
  return write_output(format == Format::kJson ? json_of(report) : text_of(report));
}

void tell_of_sample(const Input& input) {
  if (!input.is_sample_instead()) return;
  (void)complain("this machine has no package index (apt-cache dumpavail): this is the sample");
}

// The last error that the server told of: it explains why nothing goes on.
class LastError {
 public:
  explicit LastError(rookery::Monitor& monitor) {
    monitor.subscribe([this](const rookery::Event& event) {
      if (event.kind != rookery::EventKind::kErrorOccurred) return;
      rookery::MutexLock lock(mutex_);
      message_ = event.message;
      is_fatal_ = is_fatal_ || event.fatal;
    });
  }

  // An error once the server cannot go on.
  Status check() const {
    rookery::MutexLock lock(mutex_);
    if (!is_fatal_) return {};
    return fail(ErrorCode::kState, message_);
  }

  // The error with what is known of its cause.
  Error explain(Error error) const {
    rookery::MutexLock lock(mutex_);
    if (!message_.empty()) {
      error.message += "; the server's last error: " + message_;
    }
    return error;
  }

 private:
  mutable rookery::Mutex mutex_{"archive.last_error", rookery::ranks::kLeaf};
  std::string message_;
  bool is_fatal_ = false;
};

// Feeds while a server of ours works, until everything fed is consumed.
class Run {
 public:
  Run(const CommandLine& line, rookery::Transport& transport)
      : line_(line),
        transport_(transport),
        options_{.topic_prefix = line.topic_prefix,
                 .kafka = line.kafka,
                 .commit_interval = kCommitIntervalOfRun},
        names_(ArchiveNames::with_prefix(line.topic_prefix)),
        last_error_(monitor_) {}

  // Answers the rate, in records per second.
  Result<std::uint64_t> work(Input& input) {
    rookery::Server server(archive_app_with(options_), transport_,
                           {.id = "archive", .monitor = &monitor_});
    if (Status started = server.start(); !started) return fail(started.error());
    const rookery::TimePoint start = rookery::now();
    const FeedResult fed = feed(transport_, names_, input);
    tell_of_sample(input);
    if (!fed.status) {
      Error error = fed.status.error();
      error.message += "; " + std::to_string(fed.acknowledged) + " records were acknowledged";
      return fail(std::move(error));
    }
    const Status consumed = wait_until_consumed(transport_, names_, kServerPatience,
                                                [this] { return last_error_.check(); });
    if (!consumed) return fail(last_error_.explain(consumed.error()));
    const std::uint64_t rate = rate_of(fed.acknowledged, rookery::now() - start);
    server.stop();
    if (server.wait() != rookery::ExitCode::kClean) {
      return fail(ErrorCode::kState, "the server did not stop in order");
    }
    return rate;
  }

  Status print(std::uint64_t rate) {
    Result<Report> report = read_report(transport_, names_, kBrokerPatience);
    if (!report) return fail(report.error());
    report->records_per_second = rate;
    return print_report(*report, line_.format);
  }

  const ArchiveOptions& options() const { return options_; }
  const ArchiveNames& names() const { return names_; }

 private:
  const CommandLine& line_;
  rookery::Transport& transport_;
  ArchiveOptions options_;
  ArchiveNames names_;
  rookery::Monitor monitor_;
  LastError last_error_;
};

// Opens the input, makes the topics, and works. Answers the rate.
Result<std::uint64_t> work_through(const CommandLine& line, Kafka& kafka, Run& run) {
  Result<Input> input = Input::open(line.input);
  if (!input) return fail(input.error());
  if (Status good = check(archive_app_with(run.options())); !good) return fail(good.error());
  if (Status ready = prepare(line, kafka.transport(), run.names()); !ready) {
    return fail(ready.error());
  }
  return run.work(*input);
}

}  // namespace

int run_all(const CommandLine& line) {
  Kafka kafka(line.brokers, line.kafka);
  Run run(line, kafka.transport());
  const Result<std::uint64_t> rate = work_through(line, kafka, run);
  if (!rate) return complain_of("run", rate.error());
  if (Status printed = run.print(*rate); !printed) return complain_of("run", printed.error());
  return 0;
}

int run_dlq(const CommandLine& line) {
  Kafka kafka(line.brokers, line.kafka);
  const rookery::App app = archive_app_with({.topic_prefix = line.topic_prefix});
  if (Status good = check(app); !good) return complain_of("dlq", good.error());
  if (line.brokers.empty()) {
    Run run(line, kafka.transport());
    const Result<std::uint64_t> rate = work_through(line, kafka, run);
    if (!rate) return complain_of("dlq", rate.error());
  }
  const Status done =
      rookery::run_dlq(app, kafka.transport(), line.dlq, rookery::standard_terminal());
  return done ? 0 : complain_of("dlq", with_brokers(line, done.error()));
}

int run_feed(const CommandLine& line) {
  const ArchiveNames names = ArchiveNames::with_prefix(line.topic_prefix);
  if (Status good = check(archive_app_with({.topic_prefix = line.topic_prefix})); !good) {
    return complain_of("feed", good.error());
  }
  Result<Input> input = Input::open(line.input);
  if (!input) return complain_of("feed", input.error());
  Kafka kafka(line.brokers, line.kafka);
  if (Status ready = prepare(line, kafka.transport(), names); !ready) {
    return complain_of("feed", ready.error());
  }
  const FeedResult fed = feed(kafka.transport(), names, *input);
  tell_of_sample(*input);
  const std::string acknowledged = std::to_string(fed.acknowledged) + " records were acknowledged";
  if (!fed.status) return complain("feed: " + words_of(fed.status.error()) + "; " + acknowledged);
  if (Status written = write_output(acknowledged + "\n"); !written) {
    return complain("feed: " + words_of(written.error()) + "; " + acknowledged);
  }
  return 0;
}

int run_server(const CommandLine& line) {
  const ArchiveOptions options{.topic_prefix = line.topic_prefix, .kafka = line.kafka};
  if (Status good = check(archive_app_with(options)); !good) {
    return complain_of("server", good.error());
  }
  {
    // Whoever comes first makes the topics, so that servers may be started before the feed. With a
    // transport of its own, gone before the server's: no thread may be left that takes its signals.
    Kafka kafka(line.brokers, line.kafka);
    const ArchiveNames names = ArchiveNames::with_prefix(line.topic_prefix);
    if (Status ready = prepare(line, kafka.transport(), names); !ready) {
      return complain_of("server", ready.error());
    }
  }
  Kafka kafka(line.brokers, line.kafka);
  return rookery::run_server(archive_app_with(options), kafka.transport());
}

int run_report(const CommandLine& line) {
  const ArchiveNames names = ArchiveNames::with_prefix(line.topic_prefix);
  if (Status good = check(archive_app_with({.topic_prefix = line.topic_prefix})); !good) {
    return complain_of("report", good.error());
  }
  Kafka kafka(line.brokers, line.kafka);
  if (line.wait > rookery::Duration::zero()) {
    if (Status consumed = wait_until_consumed(kafka.transport(), names, line.wait); !consumed) {
      return complain_of("report", with_brokers(line, consumed.error()));
    }
  }
  const Result<Report> report = read_report(kafka.transport(), names, kBrokerPatience);
  if (!report) return complain_of("report", with_brokers(line, report.error()));
  if (Status printed = print_report(*report, line.format); !printed) {
    return complain_of("report", printed.error());
  }
  return 0;
}

int run_routes(const CommandLine& line) {
  const rookery::App app =
      archive_app_with({.topic_prefix = line.topic_prefix, .kafka = line.kafka});
  const std::string text = line.format == Format::kJson ? routes_json(app) : routes_text(app);
  if (Status written = write_output(text); !written) return complain_of("routes", written.error());
  const Status good = check(app);
  return good ? 0 : complain_of("routes", good.error());
}

}  // namespace archive
