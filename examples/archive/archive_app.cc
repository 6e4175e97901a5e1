// archive_app.cc
//
// One consumer, one record at a time: what it sends is acknowledged before its record is marked. A
// stanza that is wrong stays wrong: it is not tried again, and becomes a dead letter at once. Any
// other error is no stanza's fault, and is retried until it passes.

#include "examples/archive/archive_app.h"

#include <rookery/instrumentation/error_class.h>
#include <rookery/processing/consumer.h>
#include <rookery/recovery/error_policy.h>
#include <stdexcept>
#include <utility>

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

class Indexer : public rookery::Consumer {
 public:
  explicit Indexer(ArchiveNames names) : names_(std::move(names)) {}

 private:
  void consume(const rookery::Record& record) override {
    const auto entry = index_record(record.value().view());
    if (!entry) throw RejectedStanza(entry.error());
    producer().send({.topic = names_.index, .key = entry->key, .value = entry->value});
  }

  ArchiveNames names_;
};

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
  app.group(names.group, {.commit_interval = options.commit_interval})
      .topic(names.packages,
             {.consumer = rookery::consumer<Indexer>(names),
              .ordering = options.ordering,
              .filters = options.filters,
              .dead_letter_queue = {{.topic = names.packages_dlq}},
              .on_error = {rookery::on("OversizedStanza", rookery::dispatch(names.oversized_dlq)),
                           rookery::on<RejectedStanza>(rookery::dispatch()),
                           rookery::on_any(rookery::retry())}});
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
