// dlq_command_test.cc
//
// The dlq command on the in-process Kafka, behind a server that makes dead letters: what it lists,
// shows and sends back, byte for byte, and what it says when something is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rookery/cli/dlq.h>
#include <rookery/processing/server.h>
#include <rookery/producing/producer.h>
#include <rookery/reading/topic_reader.h>
#include <rookery/recovery/dead_letter.h>
#include <rookery/runtime/time.h>

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/transport/in_process_kafka.h"

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using Action = DlqOptions::Action;

constexpr const char* kOrders = "orders.v1";
constexpr const char* kDlq = "orders.v1.dlq";
constexpr const char* kOther = "other.v1.dlq";

struct Poison : std::runtime_error {
  Poison() : runtime_error("poisoned") {}
};
struct OtherPoison : std::runtime_error {
  OtherPoison() : runtime_error("otherwise poisoned") {}
};

App billing() {
  App app({.client_id = "billing"});
  app.group("billing", {.commit_interval = 10ms})
      .topic(kOrders,
             {.consumer = consumer([](const Record& record) {
                const Bytes kind = record.headers().last("kind");
                if (kind == Bytes("poison")) throw Poison();
                if (kind == Bytes("other")) throw OtherPoison();
              }),
              .on_error = {on<Poison>(dispatch(kDlq)), on<OtherPoison>(dispatch(kOther))}});
  return app;
}

struct Letter {
  OwnedBytes key;
  OwnedBytes value;
  Headers headers;
  friend bool operator==(const Letter&, const Letter&) = default;
};

struct DlqCommand : ::testing::Test {
  void SetUp() override {
    for (const char* topic : {kOrders, kDlq}) ASSERT_TRUE(kafka.create_topic(topic, 3));
    ASSERT_TRUE(kafka.create_topic(kOther, 1));
  }

  void produce(const std::vector<Letter>& letters) {
    auto producer = Producer::make(kafka.transport(), {});
    ASSERT_TRUE(producer);
    std::vector<OutgoingRecord> outgoing;
    for (const Letter& record : letters) {
      outgoing.push_back({.topic = kOrders,
                          .key = record.key,
                          .value = record.value,
                          .headers = record.headers,
                          .partition = 1});
    }
    for (const auto& sent : producer->send_many(outgoing, deadline_in(20s))) ASSERT_TRUE(sent);
  }

  // Until the server has committed everything that is in the orders topic.
  void serve() {
    Server server(billing(), kafka.transport());
    ASSERT_TRUE(server.start());
    const TimePoint give_up = deadline_in(20s);
    while (!is_consumed() && now() < give_up) sleep_until(deadline_in(2ms));
    server.stop();
    ASSERT_EQ(server.wait(), ExitCode::kClean);
    ASSERT_TRUE(is_consumed());
  }
  bool is_consumed() {
    const auto ranges = topic_ranges(kafka.transport(), {kOrders}, {});
    auto consumer =
        kafka.transport().make_group_consumer({.config = {{"group.id", "billing"}}}).value();
    Offset left = 0;
    for (const ReadRange& range : *ranges) {
      const auto committed = consumer->committed({range.partition}, deadline_in(5s));
      left += range.end - (committed ? committed->front().offset.value_or(0) : 0);
    }
    consumer->close(deadline_in(5s));
    return left == 0;
  }

  std::vector<Letter> read(const std::string& topic) {
    std::vector<Letter> all;
    const auto result =
        read_to_end(kafka.transport(), {topic}, {}, [&](const Record& record) -> Status {
          all.push_back({record.key(), record.value(), record.headers()});
          return {};
        });
    EXPECT_TRUE(result) << result.error().text();
    return all;
  }

  Status run(const DlqOptions& options) {
    output.clear();
    return run_dlq(billing(), kafka.transport(), options,
                   {.write =
                        [this](std::string_view text) {
                          output += text;
                          return Status();
                        },
                    .confirm = confirm,
                    .show = [this](const std::string& line) { shown.push_back(line); },
                    .shows_after = {}});
  }
  nlohmann::json json(DlqOptions options) {
    options.is_json = true;
    const Status done = run(options);
    EXPECT_TRUE(done) << done.error().text();
    return done ? nlohmann::json::parse(output) : nlohmann::json();
  }

  const std::string binary = std::string("\0\xff\x10", 3);
  const std::vector<Letter> records = {
      {nullptr, "0", {{"kind", "poison"}, {"a", "1"}, {"a", nullptr}}},
      {"", nullptr, {{"kind", "poison"}}},
      {"healthy", "2", {}},
      {binary, binary, {{"kind", "poison"}, {"source_topic", "history"}}},
      {std::string(64 * 1024, 'k'), "4", {{"kind", "other"}}}};

  mock::InProcessKafka kafka;
  std::function<bool(const std::string&)> confirm;
  std::string output;
  std::vector<std::string> shown;
};

TEST_F(DlqCommand, ListsWhatMatches) {
  produce(records);
  serve();
  const auto all = json({.action = Action::kList});
  EXPECT_EQ(all.at("matched"), 4);
  EXPECT_EQ(all.at("other_records"), 0);
  std::vector<int> offsets;
  for (const auto& letter : all.at("dead_letters"))
    offsets.push_back(letter.at("source").at("offset"));
  EXPECT_THAT(offsets, UnorderedElementsAre(0, 1, 3, 4));
  EXPECT_EQ(json({.action = Action::kList, .topics = {kOther}}).at("matched"), 1);
  EXPECT_EQ(json({.error_class = "OtherPoison"}).at("dead_letters").at(0).at("topic"), kOther);
  EXPECT_EQ(json({.error_class = "therPoison"}).at("matched"), 0);
  const Timestamp soon = std::chrono::floor<std::chrono::milliseconds>(wall_now()) + 1h;
  EXPECT_EQ(json({.since = soon}).at("matched"), 0);
  EXPECT_EQ(json({.until = soon}).at("matched"), 4);
  EXPECT_EQ(json({.until = soon - 2h}).at("matched"), 0);
  const auto limited = json({.limit = 3});
  EXPECT_EQ(limited.at("matched"), 4);
  EXPECT_THAT(limited.at("dead_letters"), SizeIs(3));
  shown.clear();
  ASSERT_TRUE(run({}));
  ASSERT_THAT(shown, Not(IsEmpty()));
  EXPECT_EQ(shown.front(), "read 1 of 4 records");
  EXPECT_EQ(shown.back(), "") << "it is taken away";
  EXPECT_THAT(output, AllOf(HasSubstr("dead letter"), HasSubstr("orders.v1-1@3"),
                            HasSubstr("poisoned"), HasSubstr("4 dead letters\n")));
}

TEST_F(DlqCommand, ShowsOneWhole) {
  produce(records);
  serve();
  const PartitionId partition = dead_letter_partition(1, 3);
  const auto letter = json({.action = Action::kShow, .place = {{kDlq, partition}, 2}});
  EXPECT_EQ(letter.at("key"), (nlohmann::json{{"base64", "AP8Q"}}));
  EXPECT_EQ(letter.at("payload"), letter.at("key"));
  EXPECT_EQ(letter.at("source").at("offset"), 3);
  EXPECT_EQ(letter.at("headers").size(), 1U + 10U + 1U);
  const Status missing = run({.action = Action::kShow, .place = {{kDlq, partition}, 3}});
  const std::string where = "orders.v1.dlq-" + std::to_string(partition);
  EXPECT_EQ(missing.error().message, where + "@3: there is no such record");
  const Status foreign = run({.action = Action::kShow, .place = {{kOrders, 1}, 0}});
  EXPECT_THAT(foreign.error().message, HasSubstr("orders.v1-1@0: no dead letter"));
}

TEST_F(DlqCommand, SendsBackByteForByte) {
  produce(records);
  serve();
  const auto counts = json({.action = Action::kRedrive, .is_confirmed = true});
  EXPECT_EQ(counts, (nlohmann::json{{"dry_run", false},
                                    {"matched", 4},
                                    {"sent", 4},
                                    {"failed", 0},
                                    {"other_records", 0},
                                    {"topics", {{kOrders, 4}}}}));
  EXPECT_THAT(shown, Contains(HasSubstr("waiting for acknowledgements: ")));
  EXPECT_EQ(shown.back(), "") << "it is taken away";
  std::vector<Letter> expected = records;
  for (const std::size_t sent_back : {0U, 1U, 3U, 4U}) {
    Letter letter = records[sent_back];
    letter.headers = without_source(letter.headers);
    expected.push_back(letter);
  }
  EXPECT_THAT(read(kOrders), ::testing::UnorderedElementsAreArray(expected));
  EXPECT_THAT(read(kDlq), SizeIs(3)) << "they stay";
  // And the way round again: now their history has two entries.
  serve();
  EXPECT_EQ(json({}).at("matched"), 8);
}

TEST_F(DlqCommand, KeepsTheOrderOfAPartition) {
  std::vector<Letter> many;
  for (int i = 0; i < 500; ++i) many.push_back({"key", std::to_string(i), {{"kind", "poison"}}});
  produce(many);
  serve();
  ASSERT_TRUE(run({.action = Action::kRedrive, .limit = 300, .is_confirmed = true}));
  EXPECT_EQ(output, "sent back 300 of 300 dead letters: 300 to orders.v1\n");
  std::vector<std::string> sent;
  std::size_t in_all = 0;
  ASSERT_TRUE(read_to_end(kafka.transport(), {kOrders}, {}, [&](const Record& record) -> Status {
    ++in_all;
    if (!record.headers().contains("kind")) return {};
    const bool is_original = record.partition() == 1 && record.offset() < 500;
    if (!is_original) sent.emplace_back(record.value().view());
    return {};
  }));
  EXPECT_EQ(in_all, 800U);
  ASSERT_THAT(sent, SizeIs(300));
  for (int i = 0; i < 300; ++i) ASSERT_EQ(sent[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(DlqCommand, WritesNothingUnasked) {
  produce(records);
  serve();
  const auto dry = json({.action = Action::kRedrive, .error_class = "Poison", .is_dry_run = true});
  EXPECT_EQ(dry.at("sent"), 3);
  EXPECT_EQ(dry.at("dry_run"), true);
  const Status unconfirmed = run({.action = Action::kRedrive});
  EXPECT_EQ(unconfirmed.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(unconfirmed.error().message, HasSubstr("--yes"));
  std::vector<std::string> questions;
  bool answer = false;
  confirm = [&](const std::string& question) {
    questions.push_back(question);
    return answer;
  };
  EXPECT_EQ(run({.action = Action::kRedrive}).error().message, "nothing was changed");
  EXPECT_THAT(questions,
              ElementsAre("would send back 4 dead letters: 4 to orders.v1; go on? [y/N] "));
  EXPECT_THAT(read(kOrders), SizeIs(records.size()));
  answer = true;
  EXPECT_TRUE(run({.action = Action::kRedrive}));
  EXPECT_THAT(read(kOrders), SizeIs(records.size() + 4));
}

TEST_F(DlqCommand, OneThatCannotBeSentBackTakesNoOtherAlong) {
  produce(records);
  serve();
  // Its source topic is gone, and will not be made again.
  auto producer = Producer::make(kafka.transport(), {});
  const DeadLetterSource gone{
      .partition = {"no/such/topic", 0}, .offset = 5, .error_class = "Poison"};
  ASSERT_TRUE(producer->send_sync(
      {.topic = kDlq, .value = "lost", .headers = dead_letter_headers({}, gone), .partition = 0},
      deadline_in(20s)));
  const Status done = run({.action = Action::kRedrive, .is_confirmed = true});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message,
              AllOf(HasSubstr("orders.v1.dlq-0@"), HasSubstr("; 4 of 5 were sent back")));
  EXPECT_EQ(output, "sent back 4 of 5 dead letters: 4 to orders.v1\n");
  EXPECT_THAT(read(kOrders), SizeIs(records.size() + 4));
}

TEST_F(DlqCommand, SaysWhatIsNotThere) {
  const Status unknown = run({.topics = {"no.such.dlq"}});
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_THAT(unknown.error().message, HasSubstr("no.such.dlq"));
  // A topic of the routes may be made with its first dead letter.
  ASSERT_TRUE(kafka.delete_topic(kOther));
  EXPECT_EQ(json({}).at("matched"), 0);
  produce({records[2]});
  EXPECT_EQ(json({.topics = {kOrders}}).at("other_records"), 1);
  const Status none = run_dlq(App({.client_id = "none"}), kafka.transport(), {}, {});
  EXPECT_THAT(none.error().message, HasSubstr("--topic"));
}

}  // namespace
}  // namespace rookery
