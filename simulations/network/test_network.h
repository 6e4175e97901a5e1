// test_network.h
//
// A cluster of two nodes, a client of few words, and a run of both: for tests of the network.
#pragma once

#include <gtest/gtest.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/cluster/inspection.h"
#include "simulations/network/simulated_network.h"

namespace rookery::sim {

// A client of few words: sends, and waits for what comes.
class Client {
 public:
  explicit Client(SimulatedNetwork& network)
      : inbox_(std::make_shared<mock::Inbox>()), wire_(network.open("test", inbox_)) {}

  mock::CorrelationId send(NodeId node, mock::Request request) {
    wire_->send(node, {"test", ++last_}, std::move(request));
    return last_;
  }
  void disconnect(NodeId node) { wire_->disconnect(node); }

  // The next answer, if there is one in time.
  std::optional<mock::Reply> receive(Duration within) {
    const TimePoint deadline = deadline_in(within);
    while (replies_.empty() && now() < deadline) {
      for (mock::Reply& reply : inbox_->receive(deadline, waiter_)) {
        replies_.push_back(std::move(reply));
      }
    }
    if (replies_.empty()) return std::nullopt;
    mock::Reply reply = std::move(replies_.front());
    replies_.erase(replies_.begin());
    return reply;
  }

 private:
  std::shared_ptr<mock::Inbox> inbox_;
  mock::Inbox::Waiter waiter_;
  std::unique_ptr<mock::Wire> wire_;
  mock::CorrelationId last_ = 0;
  std::vector<mock::Reply> replies_;
};

inline mock::ProduceRequest produce(const std::string& value, std::int16_t acks = -1) {
  mock::BlockBuilder builder;
  builder.append(1, nullptr, value, {});
  mock::ProduceRequest request;
  request.acks = acks;
  request.partitions.push_back({.partition = {"t", 0}, .block = builder.finish()});
  return request;
}

// A cluster of two nodes with topic t, whose one partition is led by node 0.
struct Fixture {
  mock::Cluster cluster{{.nodes = 2}};
  SimulatedNetwork network{cluster, 2};
  Scheduler& scheduler = *Scheduler::current();

  Fixture() {
    mock::CreateTopicsRequest::Topic topic;
    topic.name = "t";
    EXPECT_TRUE(cluster.create_topic(scheduler.time(), topic));
    EXPECT_TRUE(cluster.move_leader(scheduler.time(), {"t", 0}, 0).has_value() ||
                cluster.inspect().placement({"t", 0})->leader == 0);
  }

  // Runs `client` in a process of its own while `world` (if any) runs here.
  void run(const std::function<void(Client&)>& client,
           const std::function<void(ProcessId)>& world = {}) {
    Thread kafka("kafka", [this] { network.run(); });
    const ProcessId process = scheduler.spawn_process("client", [&] {
      const NetworkHost host(network);
      Client one(network);
      client(one);
    });
    if (world) world(process);
    EXPECT_TRUE(scheduler.wait_for_process(process, kNever));
    network.stop();
    kafka.join();
  }
  std::vector<std::string> values() const {
    const Uninterrupted scope;
    std::vector<std::string> values;
    for (const mock::StoredRecord& record : cluster.inspect().records({"t", 0})) {
      values.emplace_back(record.value.view());
    }
    return values;
  }
};

inline RunResult simulate(std::uint64_t seed, const std::function<void(Fixture&)>& body) {
  Tape tape = Tape::from_seed(seed);
  RandomStrategy strategy(tape);
  std::unique_ptr<Fixture> fixture;
  Scheduler scheduler({}, tape, strategy);
  RunResult result = scheduler.run([&] {
    fixture = std::make_unique<Fixture>();
    body(*fixture);
  });
  EXPECT_FALSE(result.failure) << result.failure->kind << ": " << result.failure->text;
  return result;
}

}  // namespace rookery::sim
