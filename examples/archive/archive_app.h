// archive_app.h
//
// The archive's server as an App: it reads stanzas, and writes an index record for each. One that
// is wrong becomes a dead letter. It does not know whether it runs on Apache Kafka, in process or
// in a simulation.
//
//   rookery::Server server(archive::archive_app(), transport);

#pragma once

#include <rookery/routing/app.h>
#include <rookery/transport/transport.h>
#include <optional>
#include <string>
#include <vector>

namespace archive {

// The archive's names in Kafka, with a prefix so that several archives can share a cluster.
struct ArchiveNames {
  std::string packages = "archive.packages.v1";
  std::string index = "archive.index.v1";
  std::string packages_dlq = "archive.packages.v1.dlq";    // stanzas that are wrong
  std::string oversized_dlq = "archive.oversized.v1.dlq";  // those over 64 KiB
  std::string group = "archive";

  static ArchiveNames with_prefix(const std::string& prefix);
};

struct ArchiveOptions {
  std::string topic_prefix = {};
  rookery::ConfigMap kafka = {};  // for every client, under librdkafka's names
  std::optional<rookery::Duration> commit_interval = {};
  rookery::Ordering ordering = rookery::in_partition();
  rookery::Filters filters = {};
  std::optional<rookery::ParallelSegments> parallel_segments = {};
  bool finishes_later = false;  // its consumers hand their records to a thread of the program's
};

// The App with the names and settings it has unless told otherwise.
rookery::App archive_app();
rookery::App archive_app_with(const ArchiveOptions& options);

// The four topics as they are made where they are missing.
std::vector<rookery::NewTopic> archive_topics(const ArchiveNames& names);

}  // namespace archive
