// archive_app.cc
//
// One consumer, one record at a time: what it sends is acknowledged before its record is marked. A
// stanza that is wrong stays wrong: it is not tried again, and becomes a dead letter at once. Any
// other error is no stanza's fault, and is retried until it passes.

#include "examples/archive/archive_app.h"

#include <rookery/instrumentation/error_class.h>
#include <rookery/processing/consumer.h>
#include <rookery/recovery/error_policy.h>
#include <rookery/runtime/time.h>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

#include "examples/archive/clerk.h"
#include "examples/archive/index.h"

namespace archive {
namespace {

constexpr std::int32_t kPartitions = 6;

// Thrown for a stanza that is wrong; its class is the rejection's: "MissingField" ...
class RejectedStanza : public std::runtime_error, public rookery::NamedError {
 public:
  explicit RejectedStanza(const Rejection& why)
      : runtime_error(why.message), error_class_(why.error_class) {}
  std::string error_class() const override { return error_class_; }

 private:
  std::string error_class_;
};

template <class Send>
void index(const rookery::Record& record, const ArchiveNames& names, Send send) {
  const auto entry = index_record(record.value().view());
  if (!entry) throw RejectedStanza(entry.error());
  send(rookery::OutgoingRecord{.topic = names.index, .key = entry->key, .value = entry->value});
}

class Indexer : public rookery::Consumer {
 public:
  explicit Indexer(ArchiveNames names) : names_(std::move(names)) {}

 private:
  void consume(const rookery::Record& record) override {
    index(record, names_, [this](const rookery::OutgoingRecord& entry) { producer().send(entry); });
  }

  ArchiveNames names_;
};

// The same, done some milliseconds later by a clerk of the program's, while workers go on.
class WaitingIndexer : public rookery::WaitingConsumer {
 public:
  WaitingIndexer(ArchiveNames names, std::shared_ptr<Clerk> clerk)
      : names_(std::move(names)), clerk_(std::move(clerk)) {}

 private:
  void consume(const rookery::Record& record, rookery::Completion completion) override {
    const auto shared = std::make_shared<rookery::Completion>(std::move(completion));
    const std::chrono::milliseconds later(record.offset() * 7 % 5);
    clerk_->add(rookery::deadline_in(later), [names = names_, &record, shared] {
      try {
        index(record, names, [&](const rookery::OutgoingRecord& entry) { shared->send(entry); });
      } catch (...) {
        shared->fail(std::current_exception());
        return;
      }
      shared->done();
    });
  }

  ArchiveNames names_;
  std::shared_ptr<Clerk> clerk_;
};

rookery::ConsumerFactory indexer(const ArchiveOptions& options, const ArchiveNames& names) {
  if (!options.finishes_later) return rookery::consumer<Indexer>(names);
  return rookery::consumer<WaitingIndexer>(names, std::make_shared<Clerk>());
}

}  // namespace

ArchiveNames ArchiveNames::with_prefix(const std::string& prefix) {
  ArchiveNames names;
  for (std::string* name :
       {&names.packages, &names.index, &names.packages_dlq, &names.oversized_dlq, &names.group}) {
    name->insert(0, prefix);
  }
  return names;
}

rookery::App archive_app() { return archive_app_with({}); }

rookery::App archive_app_with(const ArchiveOptions& options) {
  const ArchiveNames names = ArchiveNames::with_prefix(options.topic_prefix);
  rookery::App app({.client_id = "archive", .kafka = options.kafka});
  app.group(names.group, {.parallel_segments = options.parallel_segments,
                          .commit_interval = options.commit_interval})
      .topic(names.packages,
             {.consumer = indexer(options, names),
              .ordering = options.ordering,
              .filters = options.filters,
              .dead_letter_queue = {{.topic = names.packages_dlq}},
              .on_error = {rookery::on("OversizedStanza", rookery::dispatch(names.oversized_dlq)),
                           rookery::on<RejectedStanza>(rookery::dispatch()),
                           rookery::on_any(rookery::retry())}});
  for (const rookery::NewTopic& topic : archive_topics(names)) app.declare(topic);
  return app;
}

std::vector<rookery::NewTopic> archive_topics(const ArchiveNames& names) {
  return {
      {.name = names.packages, .partitions = kPartitions},
      {.name = names.index, .partitions = kPartitions, .config = {{"cleanup.policy", "compact"}}},
      {.name = names.packages_dlq, .partitions = kPartitions},
      {.name = names.oversized_dlq, .partitions = 1}};
}

}  // namespace archive
