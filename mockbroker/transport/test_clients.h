// test_clients.h
//
// Clients for tests of the in-process Kafka: a producer that remembers its reports, and a consumer
// that takes everything on the thread that polls, and remembers what happened. Test only.
#pragma once

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/transport.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rookery::mock {

struct TestRecord {
  TopicPartition partition;
  Offset offset = -1;
  std::string key;
  std::string value;
};

class TestProducer {
 public:
  explicit TestProducer(Transport& transport, ConfigMap config = {});

  // Waits while the buffer is full. The token is the number of sends before.
  void send(const std::string& topic, Bytes key, Bytes value, PartitionId partition = -1);
  void flush();
  std::size_t acknowledged() const;
  std::vector<std::string> errors() const;
  ProducerClient& client() { return *client_; }

 private:
  mutable Mutex mutex_{"test.producer", ranks::kLeaf};
  std::size_t acknowledged_ = 0;
  std::vector<std::string> errors_;
  std::map<DeliveryToken, int> reports_;
  DeliveryToken sent_ = 0;
  std::unique_ptr<ProducerClient> client_;
};

class TestConsumer {
 public:
  // auto.offset.reset is earliest unless given.
  TestConsumer(Transport& transport, ConfigMap config);
  ~TestConsumer();

  void subscribe(std::vector<std::string> topics);
  // Polls and takes until it is true; false: 30 s passed.
  bool poll_until(const std::function<bool()>& done);
  // One round: answers what poll_events answered.
  std::vector<GroupEvent> poll(Duration at_most);
  // Of an assigned partition; waits for the answer.
  Status commit(const TopicPartition& partition, Offset offset, std::string metadata = "");
  CloseReport close();
  // A closed consumer gets no revocations: what it had is not its own any more.
  void forget_assignments() { assigned_.clear(); }

  // Whether revocations are handed back at once (the default), or wait.
  bool hands_back = true;
  // Whether streams are taken from.
  bool takes = true;

  GroupConsumer& client() { return *client_; }
  const std::map<TopicPartition, AssignedPartition>& assignments() const { return assigned_; }
  std::vector<TopicPartition> partitions() const;
  const std::vector<TestRecord>& records() const { return records_; }
  // Partitions whose end was told, how often.
  const std::map<TopicPartition, int>& ends() const { return ends_; }
  const std::vector<Revoking>& revocations() const { return revocations_; }
  const std::vector<CommitDone>& commits() const { return commits_; }
  const std::vector<ConsumerError>& errors() const { return errors_; }
  // The last state, for failures.
  std::string describe() const;

 private:
  void note(GroupEvent event);
  void take_all();

  std::unique_ptr<GroupConsumer> client_;
  std::map<TopicPartition, AssignedPartition> assigned_;
  std::vector<TestRecord> records_;
  std::map<TopicPartition, int> ends_;
  std::vector<Revoking> revocations_;
  std::vector<CommitDone> commits_;
  std::vector<ConsumerError> errors_;
};

}  // namespace rookery::mock
