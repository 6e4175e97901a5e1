// archive_app.cc
//
// One consumer, one record at a time: what it sends is acknowledged before its record is marked.

#include "examples/archive/archive_app.h"

#include <rookery/processing/consumer.h>
#include <utility>

#include "examples/archive/index.h"

namespace archive {
namespace {

constexpr std::int32_t kPartitions = 6;

class Indexer : public rookery::Consumer {
 public:
  explicit Indexer(ArchiveNames names) : names_(std::move(names)) {}

 private:
  void consume(const rookery::Record& record) override {
    if (const auto entry = index_record(record.value().view())) {
      producer().send({.topic = names_.index, .key = entry->key, .value = entry->value});
    } else {
      reject(record, entry.error());
    }
  }

  // A stanza that is wrong stays wrong: trying again would hold up all behind it.
  void reject(const rookery::Record& record, const Rejection& why) {
    rookery::Headers headers;
    headers.add(std::string(kErrorClassHeader), why.error_class);
    headers.add(std::string(kErrorMessageHeader), why.message);
    headers.add(std::string(kSourceTopicHeader), record.topic());
    headers.add(std::string(kSourcePartitionHeader), std::to_string(record.partition()));
    headers.add(std::string(kSourceOffsetHeader), std::to_string(record.offset()));
    producer().send({.topic = names_.rejected,
                     .key = record.key(),
                     .value = record.value(),
                     .headers = std::move(headers)});
  }

  ArchiveNames names_;
};

}  // namespace

ArchiveNames ArchiveNames::with_prefix(const std::string& prefix) {
  ArchiveNames names;
  for (std::string* name : {&names.packages, &names.index, &names.rejected, &names.group}) {
    name->insert(0, prefix);
  }
  return names;
}

rookery::App archive_app() { return archive_app_with({}); }

rookery::App archive_app_with(const ArchiveOptions& options) {
  const ArchiveNames names = ArchiveNames::with_prefix(options.topic_prefix);
  rookery::App app({.client_id = "archive", .kafka = options.kafka});
  app.group(names.group, {.commit_interval = options.commit_interval})
      .topic(names.packages, {.consumer = rookery::consumer<Indexer>(names)});
  return app;
}

std::vector<rookery::NewTopic> archive_topics(const ArchiveNames& names) {
  return {
      {.name = names.packages, .partitions = kPartitions},
      {.name = names.index, .partitions = kPartitions, .config = {{"cleanup.policy", "compact"}}},
      {.name = names.rejected, .partitions = kPartitions}};
}

}  // namespace archive
