// contract.h
//
// The fixture of the contract suite, and a member of a group that remembers what happened to it.
//
//   TEST_P(Contract, OneMemberGetsEveryPartition) {
//     run([&] {
//       const std::string topic = make_topic("orders", 4);
//       Member& member = join("group", {topic});
//       EXPECT_TRUE(pump_until([&] { return member.owned.size() == 4; }));
//     });
//   }
//
// Tests wait for conditions; a wait that fails prints what every member saw last.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/base/headers.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/transport.h>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulations/contract/leg.h"
#include "simulations/waiting/waiting.h"

namespace rookery::contract {

using namespace std::chrono_literals;

// How long a test waits for what must happen, and how long it watches that something does not.
using testing::kPatience;
using testing::wait_until;

// A record, out of its batch.
struct Seen {
  TopicPartition partition;
  Offset offset = -1;
  std::int64_t timestamp_ms = -1;
  OwnedBytes key;
  OwnedBytes value;
  Headers headers;
};

struct Member {
  std::string name;
  std::unique_ptr<GroupConsumer> consumer;
  bool hands_back_at_once = true;
  bool takes = true;

  std::map<TopicPartition, AssignedPartition> owned;  // not revoked
  std::vector<Revoking> revoking;                     // not handed back
  std::vector<AssignedPartition> assigned;            // all, in order
  std::vector<Revoking> revoked;                      // all, in order
  std::vector<CommitDone> commits;
  std::vector<ConsumerError> errors;
  std::size_t statistics = 0;
  std::vector<Seen> records;
  std::map<TopicPartition, Offset> ends;  // next_offset at the last end of partition
  std::map<TopicPartition, Offset> next;  // next_offset of the last take
  std::vector<std::string> stream_errors;

  // Polls once and, if it takes, empties its streams.
  void pump(Duration slice);
  void take_all();
  void take_from(const TopicPartition& partition);
  void hand_back_all();
  std::set<TopicPartition> partitions() const;
  std::vector<Seen> records_of(const TopicPartition& partition) const;
  std::string text() const;

  // One commit of everything owned at `next`, with this metadata.
  CommitId commit_taken(const std::string& metadata = "");
};

// Reports of one producer, as they came.
struct Reported {
  DeliveryToken token = 0;
  PartitionId partition = -1;
  Offset offset = -1;
  std::optional<Error> error;
};
class Reports {
 public:
  Reports();
  ~Reports();
  DeliveryHandler handler();
  std::vector<Reported> all() const;
  std::size_t size() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

class Contract : public ::testing::TestWithParam<LegFactory> {
 public:
  // The test's body: everything below is for its inside. A leg may run it several times.
  void run(const std::function<void()>& body);

  Leg& leg() { return *leg_; }
  Transport& transport() { return *state_->transport; }
  AdminClient& admin() { return *state_->admin; }

  std::string make_topic(const std::string& what, std::int32_t partitions, ConfigMap config = {});
  std::string fresh_group() { return leg().fresh_name("group"); }

  // Consumers of this test read from the earliest offset, and beat often.
  std::unique_ptr<GroupConsumer> make_consumer(const std::string& group, ConfigMap config = {},
                                               std::size_t prefetch_bytes = std::size_t{16} << 20,
                                               std::size_t expected_partitions = 16);
  Member& join(const std::string& group, std::vector<std::string> topics, ConfigMap config = {});
  Member& assigned(std::vector<TopicPartitionOffset> partitions, ConfigMap config = {});
  Member& add(std::string name, std::unique_ptr<GroupConsumer> consumer);
  void leave(Member& member);

  std::unique_ptr<ProducerClient> make_producer(Reports& reports, ConfigMap config = {});
  // Sends and waits for the reports; the value of record i is "<prefix><i>".
  void produce(const std::string& topic, PartitionId partition, int count,
               const std::string& prefix = "v");
  void produce_one(const OutgoingRecord& record);
  Watermarks watermarks(const TopicPartition& partition);

  // Pumps all members in turn until the predicate holds; fails with what they saw.
  ::testing::AssertionResult pump_until(const std::function<bool()>& predicate,
                                        Duration limit = kPatience);
  // Pumps for as long, and fails as soon as the predicate does not hold.
  ::testing::AssertionResult pump_while(const std::function<bool()>& predicate, Duration duration);
  bool is_settled(const std::vector<Member*>& members, const std::set<TopicPartition>& all) const;
  std::set<TopicPartition> partitions_of(const std::string& topic, std::int32_t count) const;
  std::string state() const;

 protected:
  void SetUp() override;
  void TearDown() override;

 private:
  // What lives as long as one run of the body. Declared in the order of making.
  struct State {
    std::unique_ptr<Transport> transport;
    std::unique_ptr<AdminClient> admin;
    Reports producer_reports;
    std::unique_ptr<ProducerClient> producer;
    DeliveryToken last_token = 0;
    std::deque<Member> members;
  };

  std::unique_ptr<Leg> leg_;
  std::unique_ptr<State> state_;
};

}  // namespace rookery::contract
