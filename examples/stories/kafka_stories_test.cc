// kafka_stories_test.cc
//
// What goes wrong in production, on a real Kafka: the program's log tells it as one clear story, to
// the line, and nothing is lost. The stories are those of docs/stories.md.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <rookery/runtime/time.h>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "examples/archive/child_process.h"
#include "examples/stories/stage.h"

namespace stories {
namespace {

using namespace std::chrono_literals;
using archive::ChildProcess;
using rookery::deadline_in;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr auto kPatience = 60s;
// As `server` ends when something had to be given up.
constexpr int kExitForced = 2;
constexpr int kRecords = 50;  // of a partition

// A member that is killed is missed after this; the broker allows no less.
const std::string kShortSession = "1500";

std::set<std::string> values(int first, int count) {
  std::set<std::string> all;
  for (int i = first; i < first + count; ++i) {
    for (const char* partition : {"0-", "1-"}) all.insert(partition + std::to_string(i));
  }
  return all;
}

class Stories : public testing::Test {
 protected:
  bool wait_for_copies(const std::set<std::string>& wanted) {
    std::set<std::string> seen;
    const bool is_there = wait_until([&] {
      seen = stage_.copied();
      return std::includes(seen.begin(), seen.end(), wanted.begin(), wanted.end());
    });
    EXPECT_TRUE(is_there) << seen.size() << " values were copied of " << wanted.size();
    return is_there;
  }

  bool wait_for_words(const ChildProcess& program, const std::string& words, int count) {
    const bool is_there = wait_until([&] {
      const std::string log = program.errors();
      int found = 0;
      for (std::size_t at = 0; (at = log.find(words, at)) != std::string::npos; ++at) ++found;
      return found >= count;
    });
    EXPECT_TRUE(is_there) << count << " times '" << words << "' in\n" << program.errors();
    return is_there;
  }

  void expect_to_end_in_order(ChildProcess& program) {
    program.signal(SIGTERM);
    EXPECT_EQ(program.exit_code(deadline_in(kPatience)), 0) << program.errors();
  }

  // All done is committed by then, and nothing else.
  void expect_committed(rookery::Offset end) {
    EXPECT_THAT(stage_.committed(), UnorderedElementsAre(Pair(0, end), Pair(1, end)));
  }

  // Begins and ends as every log does; between them `first`, in any order, then `second`.
  template <class First, class Second>
  void expect_story(const ChildProcess& program, const std::string& starts, First first,
                    std::size_t first_lines, Second second) {
    const std::vector<std::string> story = story_of(program.errors(), stage_);
    std::vector<std::string> frame = {"info [copier] server.started: 2 workers, groups: story"};
    if (!starts.empty()) {
      frame.push_back("info [copier story] partitions.assigned: story.in-[0,1] from " + starts);
    }
    const std::vector<std::string> end = {"info [copier] signal: received SIGTERM",
                                          "info [copier] server.stopping",
                                          "info [copier] server.stopped: in order"};
    ASSERT_GE(story.size(), frame.size() + first_lines + end.size()) << program.errors();
    const auto head = story.begin() + static_cast<std::ptrdiff_t>(frame.size());
    const auto middle = head + static_cast<std::ptrdiff_t>(first_lines);
    const auto tail = story.end() - static_cast<std::ptrdiff_t>(end.size());
    EXPECT_EQ(std::vector(story.begin(), head), frame) << program.errors();
    EXPECT_THAT(std::vector(head, middle), first) << program.errors();
    EXPECT_THAT(std::vector(middle, tail), second) << program.errors();
    EXPECT_EQ(std::vector(tail, story.end()), end) << program.errors();
  }
  void expect_plain_story(const ChildProcess& program, const std::string& starts) {
    expect_story(program, starts, ElementsAre(), 0, ElementsAre());
  }
  void expect_outage(const ChildProcess& program, const std::string& starts) {
    const std::string client = "<client_id=copier node_id=1 host=127.0.0.1 port=9092 state=";
    const std::string reason = "127.0.0.1:9092(/1)?: Disconnected.* \\(TRANSPORT\\)";
    expect_story(
        program, starts,
        UnorderedElementsAre(
            testing::MatchesRegex("warning \\[copier story\\] error.occurred in connection: "
                                  "TRANSPORT: <client_id=copier .*state=disconnected>: "
                                  "(GroupCoordinator: )?" +
                                  reason),
            testing::MatchesRegex("warning \\[copier\\] error.occurred in producer: TRANSPORT: "
                                  "producer <client_id=copier .*state=disconnected>: " +
                                  reason)),
        2,
        UnorderedElementsAre("info [copier story] connection.restored: " + client +
                                 "connected>: 127.0.0.1:9092 answers again, after N",
                             "info [copier] connection.restored: producer " + client +
                                 "connected>: 127.0.0.1:9092 answers again, after N"));
  }

  // Of each output that was under way it is told that it failed: of ten by themselves, of the
  // others together, and of all of them by the producer. How many were begun before the stop is
  // chance.
  void expect_forced_story(const ChildProcess& program) {
    const std::vector<std::string> story = story_of(program.errors(), stage_);
    const std::string in_output = "warning \\[copier story\\] error.occurred in output: ";
    const std::regex one(in_output +
                         "TIMED_OUT: story.out-0: Local: Purged in queue "
                         "\\(SendFailed; story.in-[01] offset ([0-9]+)\\)");
    const std::regex more(in_output +
                          "([0-9]+) more like it within a second were left out "
                          "\\(log.similar_errors\\) \\(SendFailed\\)");
    const std::regex all(
        "warning \\[copier\\] error.occurred in producer: producer close: TIMED_OUT: close: the "
        "outcome of ([0-9]+) records is unknown; they are reported as failed \\(TIMED_OUT\\)");
    int told = 0;
    int unknown = 0;
    std::vector<std::string> others;
    auto line = std::find(story.begin(), story.end(), "info [copier] server.stopping");
    for (std::smatch found; line != story.end(); ++line) {
      if (std::regex_match(*line, found, one)) {
        ++told;
        EXPECT_GE(std::stoi(found[1]), kRecords) << "it was committed: " << *line;
      } else if (std::regex_match(*line, found, more)) {
        told += std::stoi(found[1]);
      } else if (std::regex_match(*line, found, all)) {
        unknown += std::stoi(found[1]);
      } else {
        others.push_back(*line);
      }
    }
    EXPECT_GE(told, 2) << program.errors();
    EXPECT_EQ(told, unknown) << program.errors();
    EXPECT_THAT(others, ElementsAre("info [copier] server.stopping",
                                    "info [copier] server.stopped: forced"))
        << program.errors();
  }

  Stage stage_;
};

TEST_F(Stories, KilledAndStartedAgainItGoesOnWhereItsCommitsEnd) {
  for (const int partition : {0, 1}) stage_.produce(partition, 0, kRecords);
  stage_.produce_wait(0);
  for (const int partition : {0, 1}) stage_.produce(partition, kRecords, kRecords);
  auto first = stage_.start({{"session.timeout.ms", kShortSession}});
  // Partition 0 stands still in the middle of its work.
  ASSERT_TRUE(wait_until([&] {
    auto committed = stage_.committed();
    return committed[0] == kRecords && committed[1] == 2 * kRecords;
  })) << first->errors();
  first->signal(SIGKILL);
  ASSERT_EQ(first->exit_code(deadline_in(kPatience)), 128 + SIGKILL);
  const std::set<std::string> copied = stage_.copied();
  const auto begun = values(0, kRecords);
  EXPECT_TRUE(std::includes(copied.begin(), copied.end(), begun.begin(), begun.end()))
      << "committed ahead of what was done";
  EXPECT_FALSE(copied.contains("0-" + std::to_string(kRecords)));
  EXPECT_EQ(story_of(first->errors(), stage_).size(), 2U) << first->errors();

  stage_.open_gate();
  auto second = stage_.start({{"session.timeout.ms", kShortSession}});
  wait_for_copies(values(0, 2 * kRecords));
  expect_to_end_in_order(*second);
  expect_plain_story(*second, "[50,100]");
  EXPECT_THAT(stage_.committed(),
              UnorderedElementsAre(Pair(0, 2 * kRecords + 1), Pair(1, 2 * kRecords)));
}

TEST_F(Stories, ABrokerThatIsAwayIsToldOnceAndWaitedFor) {
  for (const int partition : {0, 1}) stage_.produce(partition, 0, kRecords);
  for (const int partition : {0, 1}) stage_.produce_wait(partition);
  for (const int partition : {0, 1}) stage_.produce(partition, kRecords, kRecords);
  auto program = stage_.start({});
  ASSERT_TRUE(wait_for_copies(values(0, kRecords)));
  ASSERT_TRUE(wait_until([&] {
    auto committed = stage_.committed();
    return committed[0] == kRecords && committed[1] == kRecords;
  }));
  stage_.order("stop-node 1");
  wait_for_words(*program, "error.occurred", 2);
  stage_.open_gate();  // it works on, and keeps what it has to send
  stage_.order("start-node 1");
  for (const int partition : {0, 1}) stage_.produce(partition, 2 * kRecords, kRecords);
  wait_for_copies(values(0, 3 * kRecords));
  wait_for_words(*program, "connection.restored", 2);
  expect_to_end_in_order(*program);
  expect_outage(*program, "[earliest,earliest]");
  expect_committed(3 * kRecords + 1);
}

// What it could not send is not committed: the next one does it.
TEST_F(Stories, StoppedWhileTheBrokerIsAwayItTellsWhatIsNotThere) {
  for (const int partition : {0, 1}) stage_.produce(partition, 0, kRecords);
  for (const int partition : {0, 1}) stage_.produce_wait(partition);
  for (const int partition : {0, 1}) stage_.produce(partition, kRecords, kRecords);
  ::setenv("ROOKERY_SHUTDOWN_TIMEOUT", "2s", 1);
  // The next one takes its place at once, where else it would wait for the session to end.
  const std::map<std::string, std::string> place = {{"group.instance.id", "story-1"}};
  auto first = stage_.start(place);
  ::unsetenv("ROOKERY_SHUTDOWN_TIMEOUT");
  ASSERT_TRUE(wait_for_copies(values(0, kRecords)));
  ASSERT_TRUE(wait_until([&] {
    auto committed = stage_.committed();
    return committed[0] == kRecords && committed[1] == kRecords;
  }));
  stage_.order("stop-node 1");
  wait_for_words(*first, "error.occurred", 2);
  stage_.open_gate();  // it works on, and keeps what it has to send
  first->signal(SIGTERM);
  EXPECT_EQ(first->exit_code(deadline_in(kPatience)), kExitForced) << first->errors();
  expect_forced_story(*first);
  stage_.order("start-node 1");
  auto second = stage_.start(place);
  wait_for_copies(values(0, 2 * kRecords));
  expect_to_end_in_order(*second);
  expect_plain_story(*second, "[50,50]");
  expect_committed(2 * kRecords + 1);
}

// Kafka ends when none of its disks can be written: what librdkafka does then is an outage.
TEST_F(Stories, ABrokerWhoseDiskIsFullIsToldOnceAndWaitedFor) {
  for (const int partition : {0, 1}) stage_.produce_wait(partition);
  for (const int partition : {0, 1}) stage_.produce(partition, 0, kRecords);
  stage_.fill_disk();
  auto program = stage_.start({});
  ASSERT_TRUE(wait_for_words(*program, "partitions.assigned", 1));
  stage_.open_gate();
  ASSERT_TRUE(wait_until([&] { return !stage_.is_broker_running(); }))
      << "the broker did not meet its full disk";
  wait_for_words(*program, "error.occurred", 2);
  stage_.make_room();
  wait_for_copies(values(0, kRecords));
  wait_for_words(*program, "connection.restored", 2);
  expect_to_end_in_order(*program);
  expect_outage(*program, "[earliest,earliest]");
  expect_committed(kRecords + 1);
}

TEST_F(Stories, WithoutRoomForItsLogItWorksOn) {
  for (const int partition : {0, 1}) stage_.produce(partition, 0, kRecords);
  auto program = stage_.start({}, {.output = "/dev/full", .errors = "/dev/full"});
  ASSERT_TRUE(wait_for_copies(values(0, kRecords)));
  program->signal(SIGTERM);
  EXPECT_EQ(program->exit_code(deadline_in(kPatience)), 0);
  expect_committed(kRecords);
}

// What librdkafka says of wrong credentials.
const std::string kRefused =
    "<client_id=copier host=127.0.0.1 port=9092 state=disconnected>: "
    "sasl_plaintext://127.0.0.1:9092/bootstrap: SASL authentication error: Authentication failed "
    "during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256; check "
    "sasl.mechanism, sasl.username and sasl.password";

std::map<std::string, std::string> wrong_credentials(const Stage& stage) {
  return {{"bootstrap.servers", stage.sasl_brokers()},
          {"security.protocol", "SASL_PLAINTEXT"},
          {"sasl.mechanism", "SCRAM-SHA-256"},
          {"sasl.username", "rookery"},
          {"sasl.password", "not-the-secret"}};
}

TEST_F(Stories, WrongCredentialsAreToldOnceAndNeverWritten) {
  auto program = stage_.start(wrong_credentials(stage_));
  wait_for_words(*program, "error.occurred", 2);
  // It tries on, several times in this.
  EXPECT_EQ(program->exit_code(deadline_in(3s)), std::nullopt) << program->errors();
  expect_to_end_in_order(*program);
  const std::string refused = kRefused + ": tried again until then (SASL_AUTHENTICATION_FAILED)";
  expect_story(*program, "",
               UnorderedElementsAre("warning [copier story] error.occurred in connection: "
                                    "SASL_AUTHENTICATION_FAILED: " +
                                        refused,
                                    "warning [copier] error.occurred in producer: "
                                    "SASL_AUTHENTICATION_FAILED: producer " +
                                        refused),
               2, ElementsAre());
  EXPECT_THAT(program->errors() + program->output(), Not(HasSubstr("not-the-secret")));
}

// Not when its time is over: "Timed out" would come first then.
TEST_F(Stories, AWordWithWrongCredentialsSaysSoAtOnce) {
  const std::pair<std::vector<std::string>, std::string> words[] = {
      {{"groups", "list"}, "list groups"},
      {{"groups", "lag"}, "group 'story'"},
      {{"topics", "list"}, "describe"},
      {{"read", stage_.input(), "--from", "0"}, "describe story.in"}};
  for (const auto& [word, what] : words) {
    auto program = stage_.start_word(word, wrong_credentials(stage_));
    EXPECT_EQ(program->exit_code(deadline_in(kPatience)), 1) << program->output();
    EXPECT_THAT(story_of(program->errors(), stage_),
                ElementsAre("error: " + what + ": " + kRefused));
    EXPECT_EQ(program->output(), "");
  }
}

TEST_F(Stories, NoCredentialsWhereSomeAreAskedForAreToldOnce) {
  auto program = stage_.start({{"bootstrap.servers", stage_.sasl_brokers()}});
  wait_for_words(*program, "error.occurred", 2);
  EXPECT_EQ(program->exit_code(deadline_in(3s)), std::nullopt) << program->errors();
  expect_to_end_in_order(*program);
  const std::string refused =
      "<client_id=copier host=127.0.0.1 port=9092 state=disconnected>: 127.0.0.1:9092/bootstrap: "
      "Disconnected: verify that security.protocol is correctly configured, broker might require "
      "SASL authentication (TRANSPORT)";
  expect_story(*program, "",
               UnorderedElementsAre(
                   "warning [copier story] error.occurred in connection: TRANSPORT: " + refused,
                   "warning [copier] error.occurred in producer: TRANSPORT: producer " + refused),
               2, ElementsAre());
}

}  // namespace
}  // namespace stories
