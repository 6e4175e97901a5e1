// kafka_test.cc
//
// The program on a real Kafka, as several processes, some of which are killed or frozen: the totals
// stay what awk says, and the dead letters those of the stanzas that awk rejects. Needs
// ROOKERY_KAFKA_BROKERS; each test has topics and a group of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <rookery/recovery/dead_letter.h>
#include <rookery/runtime/random.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/transport.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "examples/archive/archive_app.h"
#include "examples/archive/archive_plan.h"
#include "examples/archive/awk_totals.h"
#include "examples/archive/child_process.h"
#include "examples/archive/feed.h"
#include "examples/archive/letters.h"

namespace archive {
namespace {

using namespace std::chrono_literals;
using rookery::deadline_in;
using testing::HasSubstr;

constexpr const char* kProgram = "examples/archive/archive";
constexpr std::size_t kServers = 2;
constexpr std::size_t kKills = 20;
// Below this a machine's index is over before the kills are.
constexpr std::size_t kStanzasMin = 10'000;
// Longer than a session, a rebalance and the work together.
constexpr auto kPatience = 60s;

// Looks again and again until it is true.
bool wait_until(const std::function<bool()>& is_true, rookery::TimePoint deadline) {
  while (!is_true()) {
    if (rookery::now() >= deadline) return false;
    rookery::sleep_until(deadline_in(20ms));
  }
  return true;
}

// Counts the records of the index as they come.
class IndexWatch {
 public:
  IndexWatch(rookery::Transport& transport, const std::string& topic, std::int32_t partitions) {
    auto made = transport.make_group_consumer({.config = {{"group.id", topic + ".watch"}}});
    if (!made) throw std::runtime_error(made.error().text());
    consumer_ = std::move(*made);
    std::vector<rookery::TopicPartitionOffset> begins;
    for (std::int32_t i = 0; i < partitions; ++i) {
      begins.push_back({{topic, i}, rookery::kEarliestOffset});
    }
    if (auto assigned = consumer_->assign(begins); !assigned) {
      throw std::runtime_error(assigned.error().text());
    }
  }

  std::uint64_t seen() const { return seen_; }

  // Until that many were seen in all.
  bool wait_for(std::uint64_t count, rookery::TimePoint deadline) {
    while (seen_ < count) {
      if (rookery::now() >= deadline) return false;
      for (rookery::GroupEvent& event : consumer_->poll_events(deadline_in(1ms))) {
        if (auto* assigned = std::get_if<rookery::Assigned>(&event)) {
          for (auto& came : assigned->partitions) streams_.push_back(std::move(came.stream));
        }
      }
      for (const auto& stream : streams_) seen_ += stream->take(10'000, 64 << 20).batch.size();
    }
    return true;
  }

 private:
  std::unique_ptr<rookery::GroupConsumer> consumer_;
  std::vector<std::shared_ptr<rookery::PartitionStream>> streams_;
  std::uint64_t seen_ = 0;
};

// The stanzas of this machine's index, or as many made ones where that has few.
std::vector<std::string> many_stanzas() {
  std::vector<std::string> stanzas;
  std::ifstream file(machine_index_file(), std::ios::binary);
  std::string stanza;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) {
      stanza += line + "\n";
    } else if (!stanza.empty()) {
      stanzas.push_back(std::exchange(stanza, ""));
    }
  }
  if (stanzas.size() >= kStanzasMin) return stanzas;
  stanzas.clear();
  const ArchivePlan plan;
  for (std::uint64_t i = 0; i < 2 * kStanzasMin; ++i) {
    // Of the variants that repeat, only good stanzas: awk counts a rejected one each time.
    const std::string made = plan.record(i).value + "\n";
    if (i < plan.packages() || made.find("\nInstalled-Size: ") != std::string::npos) {
      if (i < plan.packages() || made.size() < 65'536) stanzas.push_back(made);
    }
  }
  return stanzas;
}

class ArchiveOnKafka : public testing::Test {
 protected:
  void SetUp() override {
    const char* brokers = std::getenv("ROOKERY_KAFKA_BROKERS");
    ASSERT_NE(brokers, nullptr) << "./rookery kafka up says what ROOKERY_KAFKA_BROKERS should be";
    brokers_ = brokers;
    std::ostringstream prefix;
    prefix << "test-" << std::hex << rookery::random_u64() << ".";
    prefix_ = prefix.str();
    names_ = ArchiveNames::with_prefix(prefix_);
    transport_ = rookery::make_librdkafka_transport({{"bootstrap.servers", brokers_}});
    const auto made = ensure_topics(*transport_, names_, deadline_in(30s));
    ASSERT_TRUE(made) << made.error().text();
    stanzas_ = many_stanzas();
    std::ofstream file(input_path(), std::ios::binary);
    for (const std::string& stanza : stanzas_) file << stanza << "\n";
    ASSERT_TRUE(file.flush().good());
    expected_ = awk_sums(input_path());
    ASSERT_GT(expected_.at("packages"), 1000);
  }

  void TearDown() override {
    servers_.clear();
    if (!transport_) return;
    auto admin = transport_->make_admin({});
    ASSERT_TRUE(admin) << admin.error().text();
    for (const auto& deleted : (*admin)->delete_topics(
             {names_.packages, names_.index, names_.packages_dlq, names_.oversized_dlq},
             deadline_in(30s))) {
      EXPECT_TRUE(deleted) << deleted.error().text();
    }
  }

  std::string input_path() const { return testing::TempDir() + "/stanzas.txt"; }

  std::vector<std::string> words(const std::string& word,
                                 std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {kProgram,         word,   "--brokers", brokers_,
                                    "--topic-prefix", prefix_};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  std::unique_ptr<ChildProcess> new_server() const {
    return std::make_unique<ChildProcess>(words(
        "server", {"--set", "session.timeout.ms=6000", "--set", "heartbeat.interval.ms=1000"}));
  }

  // Servers that each have partitions.
  void start_servers() {
    for (std::size_t i = 0; i < kServers; ++i) servers_.push_back(new_server());
    for (const auto& server : servers_) {
      EXPECT_TRUE(wait_until([&] { return owns_partitions(*server); }, deadline_in(kPatience)))
          << server->errors();
    }
  }

  bool owns_partitions(const ChildProcess& server) const {
    return server.errors().find(names_.packages + "-") != std::string::npos;
  }

  void stop_servers() {
    for (const auto& server : servers_) server->signal(SIGTERM);
    for (const auto& server : servers_) {
      EXPECT_EQ(server->exit_code(deadline_in(kPatience)), 0) << server->errors();
    }
  }

  // What the report says once the servers have consumed everything.
  void expect_right_totals() {
    ChildProcess report(words("report", {"--format", "json", "--wait", "60s"}));
    ASSERT_EQ(report.exit_code(deadline_in(2 * kPatience)), 0) << report.errors();
    EXPECT_EQ(sums_of(report.output()), expected_);
    RecordProperty("records_per_second",
                   nlohmann::json::parse(report.output()).at("records_per_second").dump());
  }

  // Words of dlq, and what is printed.
  nlohmann::json run_dlq(const std::vector<std::string>& more) const {
    std::vector<std::string> all = {kProgram, "dlq"};
    all.insert(all.end(), more.begin(), more.end());
    for (const std::string& word :
         {std::string("--format"), std::string("json"), std::string("--brokers"), brokers_,
          std::string("--topic-prefix"), prefix_}) {
      all.push_back(word);
    }
    ChildProcess child(all);
    EXPECT_EQ(child.exit_code(deadline_in(kPatience)), 0) << child.errors();
    return nlohmann::json::parse(child.output(), nullptr, false);
  }

  // Exactly the rejected stanzas, whatever was killed, byte for byte: each has its dead letter,
  // some perhaps two.
  void expect_right_dead_letters() {
    std::set<Letter> wanted;
    std::map<std::string, std::uint64_t> counts;
    for (const KeptRecord& record : read_all(*transport_, names_.packages, partitions_of(0))) {
      const std::string error_class = class_that_awk_gives(record.value.view());
      if (error_class.empty()) continue;
      ++counts[error_class];
      wanted.insert(
          {.topic = error_class == "OversizedStanza" ? names_.oversized_dlq : names_.packages_dlq,
           .source = {names_.packages, record.partition},
           .offset = record.offset,
           .error_class = error_class,
           .key = record.key,
           .value = record.value});
    }
    EXPECT_EQ(nlohmann::json(counts), expected_.at("rejected"));
    ASSERT_FALSE(wanted.empty());
    std::multiset<Letter> found;
    for (const auto& [topic, partitions] : {std::pair(names_.packages_dlq, partitions_of(2)),
                                            std::pair(names_.oversized_dlq, partitions_of(3))}) {
      for (KeptRecord& record : read_all(*transport_, topic, partitions)) {
        const auto source = rookery::read_dead_letter(record.headers);
        ASSERT_TRUE(source) << topic << ": " << source.error().text();
        found.insert({.topic = topic,
                      .source = source->partition,
                      .offset = source->offset,
                      .error_class = source->error_class,
                      .key = std::move(record.key),
                      .value = std::move(record.value)});
      }
    }
    EXPECT_EQ(text_of_difference(wanted, std::set<Letter>(found.begin(), found.end())), "");
    const std::size_t duplicates = found.size() - std::min(found.size(), wanted.size());
    RecordProperty("duplicate_dead_letters", std::to_string(duplicates));
    std::printf("%zu dead letters, %zu of them duplicates\n", found.size(), duplicates);
  }

  // That work was interrupted: some of it was done twice.
  void expect_repeated_work() {
    auto admin = transport_->make_admin({});
    ASSERT_TRUE(admin) << admin.error().text();
    std::vector<rookery::TopicPartition> partitions;
    for (std::int32_t i = 0; i < index_partitions(); ++i) partitions.push_back({names_.index, i});
    const auto watermarks = (*admin)->watermarks(partitions, deadline_in(30s));
    ASSERT_TRUE(watermarks) << watermarks.error().text();
    std::int64_t written = 0;
    for (const rookery::Watermarks& mark : *watermarks) written += mark.high;
    EXPECT_GT(written, expected_.at("packages").get<std::int64_t>());
    RecordProperty("index_records_written", std::to_string(written));
  }

  std::int32_t partitions_of(std::size_t topic) const {
    return archive_topics(names_)[topic].partitions;
  }
  std::int32_t index_partitions() const { return partitions_of(1); }

  // Stanzas to a feed that reads them from a pipe.
  void write_slice(ChildProcess& feed, std::size_t from, std::size_t to) {
    std::string text;
    for (std::size_t i = from; i < to; ++i) text += stanzas_[i] + "\n";
    ASSERT_TRUE(feed.write(text)) << feed.errors();
  }

  void expect_all_acknowledged(ChildProcess& feed) {
    feed.close_input();
    ASSERT_EQ(feed.exit_code(deadline_in(kPatience)), 0) << feed.errors();
    EXPECT_EQ(feed.output(), std::to_string(stanzas_.size()) + " records were acknowledged\n");
  }

  std::string brokers_;
  std::string prefix_;
  ArchiveNames names_;
  std::unique_ptr<rookery::Transport> transport_;
  std::vector<std::string> stanzas_;
  nlohmann::json expected_;
  std::vector<std::unique_ptr<ChildProcess>> servers_;
};

TEST_F(ArchiveOnKafka, TwoServersGiveTheRightTotals) {
  start_servers();
  ChildProcess feed(words("feed", {"--input", input_path()}));
  expect_all_acknowledged(feed);
  expect_right_totals();
  stop_servers();
}

// Those sent back are rejected again; a stanza counts once.
TEST_F(ArchiveOnKafka, DeadLettersAreListedShownAndSentBack) {
  start_servers();
  ChildProcess feed(words("feed", {"--input", input_path()}));
  expect_all_acknowledged(feed);
  expect_right_totals();
  const nlohmann::json list = run_dlq({"list", "--class", "MissingField", "--limit", "1"});
  const std::uint64_t matched = list.at("matched");
  EXPECT_GT(matched, 0U);
  const nlohmann::json& letter = list.at("dead_letters").at(0);
  const std::string place = letter.at("topic").get<std::string>() + "-" +
                            letter.at("partition").dump() + "@" + letter.at("offset").dump();
  EXPECT_THAT(run_dlq({"show", place}).at("payload").at("text").get<std::string>(),
              HasSubstr("Package: "));
  EXPECT_EQ(run_dlq({"redrive", "--class", "MissingField", "--dry-run"}).at("sent"), matched);
  const nlohmann::json redriven = run_dlq({"redrive", "--class", "MissingField", "--yes"});
  EXPECT_EQ(redriven.at("sent"), matched);
  EXPECT_EQ(redriven.at("failed"), 0);
  expect_right_totals();
  EXPECT_EQ(run_dlq({"list", "--class", "MissingField"}).at("matched"), 2 * matched);
  stop_servers();
}

TEST_F(ArchiveOnKafka, TwoThatDoEverythingAtOnceGiveTheRightTotals) {
  ChildProcess one(words("run", {"--input", input_path(), "--format", "json"}));
  ChildProcess two(words("run", {"--input", input_path(), "--format", "json"}));
  for (ChildProcess* child : {&one, &two}) {
    ASSERT_EQ(child->exit_code(deadline_in(2 * kPatience)), 0) << child->errors();
    EXPECT_EQ(child->errors(), "");
    EXPECT_EQ(sums_of(child->output()), expected_);
  }
}

TEST_F(ArchiveOnKafka, TwentyKillsAtRandomMomentsChangeNothing) {
  start_servers();
  IndexWatch watch(*transport_, names_.index, index_partitions());
  ChildProcess feed(words("feed", {"--input", "-"}), {.has_input = true});
  const std::size_t slice = stanzas_.size() / (kKills + 1);
  for (std::size_t kill = 0; kill < kKills; ++kill) {
    write_slice(feed, kill * slice, (kill + 1) * slice);
    const std::uint64_t moment = watch.seen() + 1 + rookery::random_below(slice / 2);
    ASSERT_TRUE(watch.wait_for(moment, deadline_in(kPatience)))
        << "kill " << kill << ": " << watch.seen() << " of " << moment << " index records";
    std::unique_ptr<ChildProcess>& victim = servers_[rookery::random_below(kServers)];
    victim->signal(SIGKILL);
    ASSERT_EQ(victim->exit_code(deadline_in(10s)), 128 + SIGKILL) << victim->errors();
    victim = new_server();
  }
  write_slice(feed, kKills * slice, stanzas_.size());
  expect_all_acknowledged(feed);
  expect_right_totals();
  expect_right_dead_letters();
  expect_repeated_work();
  stop_servers();
}

TEST_F(ArchiveOnKafka, AServerFrozenPastItsSessionChangesNothing) {
  start_servers();
  IndexWatch watch(*transport_, names_.index, index_partitions());
  ChildProcess feed(words("feed", {"--input", "-"}), {.has_input = true});
  const std::size_t half = stanzas_.size() / 2;
  write_slice(feed, 0, half);
  ASSERT_TRUE(watch.wait_for(1 + rookery::random_below(half / 2), deadline_in(kPatience)));
  ChildProcess& frozen = *servers_.front();
  frozen.signal(SIGSTOP);
  // The other half has records for each partition, so all being consumed means that the frozen
  // server's went to the other one, which Kafka allows only after its session.
  write_slice(feed, half, stanzas_.size());
  expect_all_acknowledged(feed);
  expect_right_totals();
  expect_right_dead_letters();
  expect_repeated_work();
  const std::size_t told = frozen.errors().size();
  frozen.signal(SIGCONT);
  EXPECT_TRUE(wait_until(
      [&] { return frozen.errors().substr(told).find(names_.packages + "-") != std::string::npos; },
      deadline_in(kPatience)))
      << frozen.errors();
  ChildProcess again(words("feed", {"--input", input_path()}));
  expect_all_acknowledged(again);
  expect_right_totals();
  stop_servers();
}

}  // namespace
}  // namespace archive
