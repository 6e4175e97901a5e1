// stage.h
//
// Where the stories play: topics of their own on a real Kafka that a test may stop and spoil, and
// the program that copies one of them to the other.
//
// Needs ROOKERY_KAFKA_BROKERS, ROOKERY_KAFKA_CTL and ROOKERY_KAFKA_DIR, as ./rookery test --kafka
// sets them. Failures of what is not the story itself are failures of the test.

#pragma once

#include <rookery/base/topic_partition.h>
#include <rookery/runtime/time_types.h>
#include <rookery/transport/transport.h>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "examples/archive/child_process.h"

namespace stories {

// Looks again and again until it is true. False: it was not in time.
bool wait_until(const std::function<bool()>& is_true);

class Stage {
 public:
  Stage();
  ~Stage();

  const std::string& group() const { return prefix_; }
  std::string input() const { return prefix_ + ".in"; }
  std::string output() const { return prefix_ + ".out"; }
  const std::string& brokers() const { return brokers_; }
  // The listener that asks who it is.
  std::string sasl_brokers() const;

  // To partition 0 or 1 of the input: `count` records "PARTITION-NUMBER", the numbers from `first`.
  void produce(rookery::PartitionId partition, int first, int count);
  // A record at which the program stands still until open_gate().
  void produce_wait(rookery::PartitionId partition);
  void open_gate();

  // Values in the output now; each once.
  std::set<std::string> copied();
  std::map<rookery::PartitionId, rookery::Offset> committed();

  // Orders of tools/kafka.sh.
  void order(const std::string& words);
  bool is_broker_running();
  // The disk of the output's only partition, in which nothing is yet, has no room; or has some
  // again. Both start the broker, and the first stops it before.
  void fill_disk();
  void make_room();

  // The program's server. `settings`: librdkafka's, over those that reach the brokers.
  std::unique_ptr<archive::ChildProcess> start(const std::map<std::string, std::string>& settings,
                                               archive::ChildOptions options = {});
  // Another of its words.
  std::unique_ptr<archive::ChildProcess> start_word(
      std::vector<std::string> words, const std::map<std::string, std::string>& settings,
      archive::ChildOptions options = {});

 private:
  void send(rookery::PartitionId partition, const std::vector<std::string>& values);

  std::string brokers_;
  std::string control_;
  std::string prefix_;
  std::string gate_;
  std::filesystem::path full_disk_;  // a log that can only be replaced while the broker is down
  std::unique_ptr<rookery::Transport> transport_;
  std::unique_ptr<rookery::AdminClient> admin_;
};

// The log's lines without time, server id, addresses' port, traces and milliseconds: as they stand
// in docs/stories.md.
std::vector<std::string> story_of(const std::string& log, const Stage& stage);

}  // namespace stories
