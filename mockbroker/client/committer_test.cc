// committer_test.cc
//
// What a commit that fails says of the coordinator, and what it does not.
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>

#include <chrono>
#include <memory>
#include <variant>
#include <vector>

#include "mockbroker/client/group_consumer.h"
#include "mockbroker/client/scripted_network.h"
#include "mockbroker/client/thread_reaper.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using Answer = ScriptedNetwork::Answer;
using Seen = ScriptedNetwork::Seen;

// A consumer outside of its group's generations, whose commits are never answered.
class CommitterTest : public ::testing::Test {
 protected:
  CommitterTest() {
    network.on_request = [](const Seen& seen) -> Answer {
      if (std::holds_alternative<FindCoordinatorRequest>(seen.request)) {
        return FindCoordinatorResponse{.node = 0};
      }
      return std::nullopt;
    };
    settings.group.group_id = "billing";
    settings.group.retry_backoff = 1ms;
    settings.client.backoff_first = 1ms;
    settings.client.backoff_most = 1ms;
  }

  // Commits, and polls until that is answered.
  CommitDone commit() {
    MockGroupConsumer consumer(network, settings, reaper);
    EXPECT_TRUE(consumer.assign({{kOrders, 0}}));
    consumer.commit({{.partition = kOrders, .assignment = AssignmentId{1}, .offset = 1}});
    const TimePoint give_up = deadline_in(10s);
    std::optional<CommitDone> done;
    while (!done && now() < give_up) {
      for (const GroupEvent& event : consumer.poll_events(deadline_in(10ms))) {
        if (const auto* one = std::get_if<CommitDone>(&event)) done = *one;
      }
    }
    EXPECT_TRUE(done);
    // What it makes of that.
    consumer.poll_events(deadline_in(20ms));
    return done.value_or(CommitDone{});
  }

  const TopicPartition kOrders{"orders", 0};
  ScriptedNetwork network{{0}};
  ConsumerSettings settings;
  std::shared_ptr<ThreadReaper> reaper = std::make_shared<ThreadReaper>();
};

ErrorCode error_of(const CommitDone& done) {
  if (done.results.size() != 1 || done.results[0].status) return ErrorCode::kUnknown;
  return done.results[0].status.error().code;
}

TEST_F(CommitterTest, ACommitWhoseOwnTimeIsUpLosesNoCoordinator) {
  settings.group.api_timeout = 30ms;
  settings.group.request_timeout = 10s;
  EXPECT_EQ(error_of(commit()), ErrorCode::kTimedOut);
  EXPECT_EQ(network.count("OffsetCommit"), 1U);
  EXPECT_EQ(network.count("FindCoordinator"), 1U);
}

TEST_F(CommitterTest, ACoordinatorThatDoesNotAnswerIsLost) {
  settings.group.api_timeout = 100ms;
  settings.group.request_timeout = 10ms;
  EXPECT_EQ(error_of(commit()), ErrorCode::kTimedOut);
  EXPECT_GT(network.count("OffsetCommit"), 1U);
  EXPECT_GT(network.count("FindCoordinator"), 1U);
}

}  // namespace
}  // namespace rookery::mock
