// stage.cc
//
// Clients of librdkafka for what the test does itself; the program is a process.

#include "examples/stories/stage.h"

#include <gtest/gtest.h>
#include <rookery/reading/topic_reader.h>
#include <rookery/runtime/random.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/transport.h>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <utility>

namespace stories {
namespace {

using namespace std::chrono_literals;
using rookery::deadline_in;

constexpr auto kPatience = 60s;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  EXPECT_NE(value, nullptr) << name << " is not set: ./rookery test --kafka sets it";
  return value == nullptr ? "" : value;
}

}  // namespace

bool wait_until(const std::function<bool()>& is_true) {
  const rookery::TimePoint deadline = deadline_in(kPatience);
  while (!is_true()) {
    if (rookery::now() >= deadline) return false;
    rookery::sleep_until(deadline_in(20ms));
  }
  return true;
}

Stage::Stage()
    : brokers_(environment("ROOKERY_KAFKA_BROKERS")),
      control_(environment("ROOKERY_KAFKA_CTL")),
      gate_(testing::TempDir() + "/gate") {
  std::ostringstream prefix;
  prefix << "story-" << std::hex << rookery::random_u64();
  prefix_ = prefix.str();
  std::filesystem::remove(gate_);
  ::setenv("STORY_PREFIX", prefix_.c_str(), 1);
  ::setenv("STORY_GATE", gate_.c_str(), 1);
  transport_ = rookery::make_librdkafka_transport({{"bootstrap.servers", brokers_}});
  admin_ = transport_->make_admin({}).value();
  for (const auto& made : admin_->create_topics(
           {{.name = input(), .partitions = 2}, {.name = output(), .partitions = 1}},
           deadline_in(kPatience))) {
    EXPECT_TRUE(made) << made.error().text();
  }
}

Stage::~Stage() {
  // Whatever the test came to, the next one needs the broker.
  if (!full_disk_.empty() && is_broker_running()) order("stop-node 1");
  if (!full_disk_.empty()) make_room();
  if (!is_broker_running()) order("start-node 1");
  for (const auto& deleted : admin_->delete_topics({input(), output()}, deadline_in(kPatience))) {
    EXPECT_TRUE(deleted) << deleted.error().text();
  }
}

std::string Stage::sasl_brokers() const {
  std::ifstream file(environment("ROOKERY_KAFKA_DIR") + "/bootstrap-sasl");
  std::string brokers;
  EXPECT_TRUE(std::getline(file, brokers));
  return brokers;
}

void Stage::send(rookery::PartitionId partition, const std::vector<std::string>& values) {
  auto producer = transport_->make_producer({});
  ASSERT_TRUE(producer) << producer.error().text();
  for (const std::string& value : values) {
    const auto sent =
        (*producer)->send({.topic = input(), .value = value, .partition = partition}, 0);
    ASSERT_TRUE(sent) << sent.error().text();
  }
  const auto closed = (*producer)->close(deadline_in(kPatience));
  ASSERT_TRUE(closed) << closed.error().text();
}

void Stage::produce(rookery::PartitionId partition, int first, int count) {
  std::vector<std::string> values;
  for (int i = first; i < first + count; ++i) {
    values.push_back(std::to_string(partition) + "-" + std::to_string(i));
  }
  send(partition, values);
}

void Stage::produce_wait(rookery::PartitionId partition) { send(partition, {"wait"}); }

void Stage::open_gate() { std::ofstream file(gate_); }

std::set<std::string> Stage::copied() {
  std::set<std::string> values;
  const auto read = rookery::read_to_end(*transport_, {output()}, {.patience = kPatience},
                                         [&](const rookery::Record& record) -> rookery::Status {
                                           values.insert(record.value().str());
                                           return {};
                                         });
  EXPECT_TRUE(read) << read.error().text();
  return values;
}

std::map<rookery::PartitionId, rookery::Offset> Stage::committed() {
  std::map<rookery::PartitionId, rookery::Offset> offsets;
  const auto answer = admin_->group_offsets({group()}, deadline_in(kPatience)).front();
  EXPECT_TRUE(answer) << answer.error().text();
  if (!answer) return offsets;
  for (const auto& offset : *answer) offsets[offset.partition.partition] = offset.offset;
  return offsets;
}

void Stage::order(const std::string& words) {
  const std::string command = control_ + " " + words;
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

bool Stage::is_broker_running() {
  const std::string command = control_ + " status | grep -q '^node 1 pid'";
  return std::system(command.c_str()) == 0;
}

// /dev/full answers each write with ENOSPC, and is empty to who reads how long it is.
void Stage::fill_disk() {
  order("stop-node 1");
  const std::filesystem::path log = std::filesystem::path(environment("ROOKERY_KAFKA_DIR")) /
                                    "node-1" / "data" / (output() + "-0") /
                                    "00000000000000000000.log";
  ASSERT_EQ(std::filesystem::file_size(log), 0U) << log;
  std::filesystem::remove(log);
  std::filesystem::create_symlink("/dev/full", log);
  full_disk_ = log;
  order("start-node 1");
}

void Stage::make_room() {
  std::filesystem::remove(full_disk_);
  const std::ofstream empty(full_disk_);
  full_disk_.clear();
  order("start-node 1");
}

std::unique_ptr<archive::ChildProcess> Stage::start(
    const std::map<std::string, std::string>& settings, archive::ChildOptions options) {
  return start_word({"server"}, settings, std::move(options));
}

std::unique_ptr<archive::ChildProcess> Stage::start_word(
    std::vector<std::string> words, const std::map<std::string, std::string>& settings,
    archive::ChildOptions options) {
  words.insert(words.begin(), "examples/stories/copier");
  if (!settings.contains("bootstrap.servers")) {
    words.insert(words.end(), {"--brokers", brokers_});
  }
  for (const auto& [name, value] : settings) {
    words.insert(words.end(), {"--kafka", name + "=" + value});
  }
  return std::make_unique<archive::ChildProcess>(std::move(words), std::move(options));
}

std::vector<std::string> story_of(const std::string& log, const Stage& stage) {
  const std::pair<std::regex, std::string> replaced[] = {
      {std::regex("^[0-9T:.-]+Z "), ""},
      {std::regex("copier-[0-9a-f]{8}"), "copier"},
      {std::regex("; trace [0-9a-f]{32}"), ""},
      {std::regex("(127\\.0\\.0\\.1[: ](port=)?)[0-9]+"), "$019092"},
      {std::regex("[0-9]+(ms|s)\\b"), "N"},
      {std::regex(stage.group()), "story"}};
  std::vector<std::string> story;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    for (const auto& [what, with] : replaced) line = std::regex_replace(line, what, with);
    story.push_back(line);
  }
  return story;
}

}  // namespace stories
