// features.cc
//
// Servers, and what is asked of them.
#include "simulations/features/features.h"

#include <rookery/runtime/time.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace rookery::features {

using contract::kPatience;

void Log::note(const Record& record) {
  Entry entry{.partition = record.topic_partition(),
              .offset = record.offset(),
              .key = record.key().str(),
              .value = record.value().str(),
              .at = now(),
              .wall_at = wall_now()};
  MutexLock lock(mutex_);
  entries_.push_back(std::move(entry));
}

std::vector<Log::Entry> Log::entries() const {
  MutexLock lock(mutex_);
  return entries_;
}

std::map<std::string, int> Log::values() const {
  std::map<std::string, int> values;
  for (const Entry& entry : entries()) ++values[entry.value];
  return values;
}

App Features::make_app(unsigned concurrency) {
  return App({.client_id = "features",
              .concurrency = concurrency,
              .kafka = {{"session.timeout.ms", "6000"},
                        {"heartbeat.interval.ms", "200"},
                        {"fetch.wait.max.ms", "100"}},
              .defaults = {.commit_interval = 200ms}});
}

std::unique_ptr<Server> Features::start(App app, ServerOptions options) {
  auto server = std::make_unique<Server>(std::move(app), transport(), std::move(options));
  const Status started = server->start();
  EXPECT_TRUE(started) << started.error().text();
  return server;
}

void Features::stop(Server& server) {
  server.stop();
  EXPECT_EQ(server.wait(), ExitCode::kClean) << server.describe();
}

void Features::fill(const std::string& topic, int count, int keys) {
  contract::Reports reports;
  const auto producer = make_producer(reports);
  for (int i = 0; i < count; ++i) {
    const std::string key = "k" + std::to_string(i % keys);
    const Status sent = producer->send({.topic = topic, .key = key, .value = std::to_string(i)}, i);
    ASSERT_TRUE(sent) << sent.error().text();
  }
  const Status closed = producer->close(deadline_in(kPatience));
  ASSERT_TRUE(closed) << closed.error().text();
  for (const contract::Reported& report : reports.all()) ASSERT_FALSE(report.error);
}

::testing::AssertionResult Features::wait_for(const std::function<bool()>& condition,
                                              const std::vector<Server*>& servers) {
  return contract::wait_until(condition, [&] {
    std::string text;
    for (Server* server : servers) text += server->describe() + "\n";
    return text;
  });
}

void Features::expect_all_committed(const std::string& group, const std::string& topic,
                                    std::int32_t partitions) {
  const auto answers = admin().group_offsets({group}, deadline_in(kPatience));
  ASSERT_TRUE(answers.front()) << answers.front().error().text();
  std::map<TopicPartition, Offset> committed;
  for (const GroupOffset& offset : *answers.front()) committed[offset.partition] = offset.offset;
  for (const TopicPartition& partition : partitions_of(topic, partitions)) {
    const Watermarks marks = watermarks(partition);
    if (marks.high == 0 && !committed.contains(partition)) continue;
    EXPECT_EQ(committed[partition], marks.high) << group << ", " << partition.text();
  }
}

bool has_all(const Log& log, int count) {
  const std::map<std::string, int> values = log.values();
  for (int i = 0; i < count; ++i) {
    if (!values.contains(std::to_string(i))) return false;
  }
  return true;
}

void expect_key_order(const Log& log) {
  std::set<std::pair<TopicPartition, Offset>> met;
  std::map<std::pair<TopicPartition, std::string>, Offset> last;
  for (const Log::Entry& entry : log.entries()) {
    if (!met.emplace(entry.partition, entry.offset).second) continue;
    const auto [place, is_first] = last.try_emplace({entry.partition, entry.key}, -1);
    EXPECT_LT(place->second, entry.offset) << entry.partition.text() << ", key " << entry.key;
    place->second = entry.offset;
  }
}

}  // namespace rookery::features
