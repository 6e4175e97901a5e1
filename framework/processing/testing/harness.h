// harness.h
//
// What tests of this room begin with: a server of one group and one topic on a fake transport.
// Consumers are callables that write on the board.
//
//   Board board;
//   ServerHarness harness(board, {.consumer = consumer([&](const Record& r) { ... })});
//   auto stream = harness.assign();
//   stream->push(10);
//   harness.group().wait_for_commit(kPartition, 10);
//   EXPECT_EQ(harness.stop(), ExitCode::kClean);
#pragma once

#include <rookery/processing/server.h>
#include <rookery/transport/testing/fake_transport.h>

#include <functional>
#include <memory>
#include <string>

namespace rookery::fakes {

inline const TopicPartition kPartition{"orders", 0};

// Writes each event on the board: "error.occurred consume std::runtime_error orders-0@5: text",
// "partitions.assigned: orders-[0] from [17]".
void write_events(Monitor& monitor, Board& board);

// A record consumer whose hooks are callables; empty ones do nothing. Writes "born" and "gone" on
// the board when an object is made and destroyed.
struct Hooks {
  std::function<void()> initialized = {};
  std::function<void(ConsumerContext&)> eofed = {};
  std::function<void(ConsumerContext&)> tick = {};
  std::function<void(ConsumerContext&)> revoked = {};
  std::function<void(ConsumerContext&)> shutdown = {};
};
ConsumerFactory hooked(Board& board, Hooks hooks,
                       std::function<void(const Record&, ConsumerContext&)> consume);

class ServerHarness {
 public:
  // The group "billing" and the topic "orders". What is left out: backoff of a few milliseconds,
  // commits every 5 ms, a grace and a shutdown timeout of 15 s, two workers.
  ServerHarness(Board& board, TopicOptions topic, GroupOptions group = {}, AppOptions app = {});
  ~ServerHarness();

  Server& server() { return *server_; }
  FakeGroup& group() { return transport.group("billing"); }
  // Starts the server; a failure fails the test.
  void start();
  // Starts if need be.
  std::shared_ptr<FakeStream> assign(const TopicPartition& partition = kPartition,
                                     Offset first = 0);
  ExitCode stop();

  FakeTransport transport;
  Monitor monitor;

 private:
  std::unique_ptr<Server> server_;
  bool is_started_ = false;
};

}  // namespace rookery::fakes
