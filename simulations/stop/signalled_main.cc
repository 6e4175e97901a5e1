// signalled_main.cc
//
// A program that run_server runs on an in-process Kafka, and that is brought into the middle of
// something: what signal_stop_test starts, signals and reads.
//
//   signalled_main calm|revocation|silence|crash|hang
//
// Standard output says what happened, a line each: "returned 0 10" and "committed 0 10" (of which
// partition everything below which offset), "in the middle" when the signal may come. Standard
// input gives two orders, a byte each: 's' strikes, 'g' lets consumers go on. Its exit code is
// run_server's.
#include <rookery/cli/main.h>
#include <rookery/processing/consumer.h>
#include <rookery/routing/app.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "mockbroker/cluster/observer.h"
#include "mockbroker/transport/in_process_kafka.h"
#include "simulations/stop/watchdog.h"

namespace rookery::stopping {
namespace {

using namespace std::chrono_literals;

constexpr int kNodes = 3;
constexpr int kPartitions = 2;
constexpr int kRecordsEach = 25;
// Where consumers stand when the signal comes.
constexpr Offset kMiddle = 10;

// Whole, whoever writes beside it.
void say(std::string line) {
  line += '\n';
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::abort();
}

std::string at(PartitionId partition, Offset offset) {
  return std::to_string(partition) + " " + std::to_string(offset);
}

struct Shared {
  std::string situation;
  Gate go{"signalled.go"};
  Gate is_revoked{"signalled.revoked"};
};

class Work final : public Consumer {
 public:
  explicit Work(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

 private:
  void consume(const Record& record) override {
    if (record.offset() == kMiddle) {
      if (shared_->situation == "revocation") {
        while (!is_revoked()) shared_->go.wait_until(deadline_in(5ms));
        shared_->is_revoked.open();
      }
      say("waiting " + at(record.partition(), record.offset()));
      shared_->go.wait_until(kNever);
    }
    producer().send({.topic = "output", .value = record.value()});
    say("returned " + at(record.partition(), record.offset() + 1));
  }

  const std::shared_ptr<Shared> shared_;
};

class Commits final : public mock::Observer {
 public:
  void committed(const mock::CommitEvent& event) override {
    if (event.group == "work") say("committed " + at(event.partition.partition, event.offset));
  }
};

App app(const std::shared_ptr<Shared>& shared) {
  App app({.client_id = "signalled",
           .concurrency = 4U,
           .shutdown_timeout = 2s,
           .kafka = {{"heartbeat.interval.ms", "100"}},
           .defaults = {.commit_interval = 50ms, .revocation_grace = 60s}});
  app.group("work").topic("work", {.consumer = consumer<Work>(shared)});
  return app;
}

// What is wrong with the program itself is nobody's exit code.
void want(bool is_so, const char* what) {
  if (is_so) return;
  say(std::string("cannot ") + what);
  std::abort();
}

void fill(mock::InProcessKafka& kafka) {
  want(bool(kafka.create_topic("work", kPartitions)), "make a topic");
  want(bool(kafka.create_topic("output", kPartitions)), "make a topic");
  const auto producer = kafka.transport().make_producer({.config = {}, .on_delivery = {}});
  want(bool(producer), "make a producer");
  for (int i = 0; i < kPartitions * kRecordsEach; ++i) {
    const std::string value = std::to_string(i);
    want(
        bool((*producer)->send({.topic = "work", .value = value, .partition = i % kPartitions}, 0)),
        "send");
  }
  want(bool((*producer)->close(deadline_in(60s))), "produce");
}

// Competes for the partitions, and polls until it is told to go.
void be_rival(mock::InProcessKafka& kafka, Shared& shared) {
  const auto rival = kafka.transport().make_group_consumer(
      {.config = {{"group.id", "work"}, {"heartbeat.interval.ms", "100"}}});
  want(rival && (*rival)->subscribe({"work"}), "join a rival");
  while (!shared.go.is_open()) (*rival)->poll_events(deadline_in(10ms));
  (*rival)->close(deadline_in(5s));
}

void strike(mock::InProcessKafka& kafka, const std::string& situation) {
  for (NodeId node = 0; node < kNodes; ++node) {
    if (situation == "silence") kafka.hold_answers(node);
    if (situation == "crash") want(bool(kafka.stop_node(node)), "stop a node");
  }
}

// Until 'g', or nobody is there any more.
void obey(mock::InProcessKafka& kafka, Shared& shared) {
  for (char order = 0; ::read(STDIN_FILENO, &order, 1) == 1 && order == 's';) {
    if (shared.situation == "revocation") {
      Thread rival("rival", [&] { be_rival(kafka, shared); });
      want(shared.is_revoked.wait_until(deadline_in(60s)), "revoke anything");
      say("in the middle");
      char go = 0;
      want(::read(STDIN_FILENO, &go, 1) == 1, "read");
      shared.go.open();
      rival.join();
      return;
    }
    strike(kafka, shared.situation);
    say("in the middle");
  }
  shared.go.open();
}

int run(const std::string& situation) {
  const auto shared = std::make_shared<Shared>();
  shared->situation = situation;
  mock::InProcessKafka kafka({.nodes = kNodes});
  Commits commits;
  kafka.with_cluster(
      [&](mock::Cluster& cluster, TimePoint, WallTime) { cluster.add_observer(&commits); });
  fill(kafka);
  Thread orders("orders", [&] { obey(kafka, *shared); });
  const int code = run_server(app(shared), kafka.transport());
  orders.join();
  return code;
}

}  // namespace
}  // namespace rookery::stopping

int main(int argc, char** argv) { return rookery::stopping::run(argc > 1 ? argv[1] : "calm"); }
