// features.h
//
// What users choose in a route, end to end: whole servers over each transport there is, the real
// broker among them. One case a feature, the same over all; schedules and faults are the business
// of simulations/properties.
#pragma once

#include <rookery/processing/server.h>
#include <rookery/routing/app.h>
#include <rookery/runtime/mutex.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulations/contract/contract.h"

namespace rookery::features {

using namespace std::chrono_literals;

// Which records were consumed, in that order. Any thread.
class Log {
 public:
  struct Entry {
    TopicPartition partition;
    Offset offset = -1;
    std::string key;
    std::string value;
    TimePoint at{};
    WallTime wall_at{};
  };

  void note(const Record& record);
  std::vector<Entry> entries() const;
  std::size_t size() const { return entries().size(); }
  // How often each value was consumed.
  std::map<std::string, int> values() const;

 private:
  mutable Mutex mutex_{"features.log", ranks::kLeaf};
  std::vector<Entry> entries_;
};

class Features : public contract::Contract {
 public:
  // A client whose group settles soon.
  static App make_app(unsigned concurrency = 2);
  std::unique_ptr<Server> start(App app, ServerOptions options = {});
  // In order, or the test has failed.
  static void stop(Server& server);

  // `count` records of `keys` keys, by key; the value of each is its number.
  void fill(const std::string& topic, int count, int keys);
  ::testing::AssertionResult wait_for(const std::function<bool()>& condition,
                                      const std::vector<Server*>& servers);
  // What a group without members has committed is the end of every partition.
  void expect_all_committed(const std::string& group, const std::string& topic,
                            std::int32_t partitions);
};

// Each of the values 0 ... count - 1 at least once.
bool has_all(const Log& log, int count);
// The first times that records of a key were consumed are in the order of their offsets.
void expect_key_order(const Log& log);

}  // namespace rookery::features
