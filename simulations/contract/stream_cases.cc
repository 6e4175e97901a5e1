// stream_cases.cc
//
// The data plane: what take answers, ready hints, ends and gaps, records byte for byte.
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>

#include <algorithm>
#include <atomic>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

// A member of a fresh group that owns all partitions of the topic and takes nothing by itself.
Member& owner_of(Contract& test, const std::string& topic, std::int32_t partitions,
                 ConfigMap config = {}) {
  Member& member = test.join(test.fresh_group(), {topic}, std::move(config));
  member.takes = false;
  EXPECT_TRUE(
      test.pump_until([&] { return member.owned.size() == static_cast<std::size_t>(partitions); }));
  return member;
}

// Takes with these limits until `count` records came; the sizes of the batches that had any.
std::vector<std::size_t> take_batches(Contract& test, Member& member,
                                      const TopicPartition& partition, std::size_t count,
                                      std::size_t max_records, std::size_t max_bytes) {
  std::vector<std::size_t> sizes;
  std::size_t seen = 0;
  Offset next = 0;
  EXPECT_TRUE(test.pump_until([&] {
    for (;;) {
      const Taken taken = member.owned.at(partition).stream->take(max_records, max_bytes);
      for (const Record& record : taken.batch) EXPECT_EQ(record.offset(), next++);
      if (taken.batch.empty()) break;
      EXPECT_EQ(taken.next_offset, taken.batch[taken.batch.size() - 1].offset() + 1);
      sizes.push_back(taken.batch.size());
      seen += taken.batch.size();
    }
    return seen >= count;
  }));
  EXPECT_EQ(seen, count);
  return sizes;
}

TEST_P(Contract, RecordsComeInOrderAndUnchanged) {
  run([&] {
    const std::string topic = make_topic("orders", 4);
    for (int i = 0; i < 4; ++i) produce(topic, i, 2'500, "value-");
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 10'000; }));
    std::map<TopicPartition, Offset> next;
    for (const Seen& record : member.records) {
      ASSERT_EQ(record.offset, next[record.partition]++);
      ASSERT_EQ(record.value.view(), "value-" + std::to_string(record.offset));
      ASSERT_EQ(record.key.view(), "k" + std::to_string(record.offset % 10));
    }
    EXPECT_TRUE(member.stream_errors.empty());
  });
}

TEST_P(Contract, TakeKeepsToItsNumberOfRecords) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 100);
    Member& member = owner_of(*this, topic, 1);
    const auto sizes = take_batches(*this, member, {topic, 0}, 100, 7, 1 << 20);
    for (const std::size_t size : sizes) EXPECT_LE(size, 7U);
  });
}

TEST_P(Contract, TakeEndsWithTheRecordThatReachesItsBytes) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string value(1'000, 'x');
    Reports reports;
    const auto producer = make_producer(reports);
    for (int i = 0; i < 60; ++i)
      ASSERT_TRUE(producer->send({.topic = topic, .value = value, .partition = 0}, i));
    ASSERT_TRUE(producer->close(deadline_in(kPatience)));
    Member& member = owner_of(*this, topic, 1);
    const auto sizes = take_batches(*this, member, {topic, 0}, 60, 500, 2'500);
    for (const std::size_t size : sizes) EXPECT_LE(size, 3U);
    // A limit below one record still gives one.
    produce(topic, 0, 1);
    ASSERT_TRUE(pump_until([&] {
      const Taken taken = member.owned.at({topic, 0}).stream->take(500, 0);
      EXPECT_LE(taken.batch.size(), 1U);
      return taken.batch.size() == 1;
    }));
  });
}

TEST_P(Contract, AFullTakeLeavesTheStreamReady) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 50);
    Member& member = owner_of(*this, topic, 1);
    PartitionStream& stream = *member.owned.at({topic, 0}).stream;
    // All is there before the handler is: no hint is owed for it, takes alone must find it.
    ASSERT_TRUE(pump_until([&] { return stream.take(1, 1 << 20).batch.size() == 1; }));
    std::atomic<int> hints{0};
    stream.set_ready([&] { ++hints; });
    std::size_t seen = 1;
    ASSERT_TRUE(pump_until([&] {
      for (;;) {
        const Taken taken = stream.take(10, 1 << 20);
        seen += taken.batch.size();
        if (taken.batch.empty()) return seen == 50;
      }
    }));
    stream.clear_ready();
  });
}

TEST_P(Contract, EveryRecordIntoAnEmptyStreamGivesAHint) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Member& member = owner_of(*this, topic, 1);
    PartitionStream& stream = *member.owned.at({topic, 0}).stream;
    Mutex mutex{"contract.hints", ranks::kLeaf};
    int hints = 0;
    stream.set_ready([&] {
      MutexLock lock(mutex);
      ++hints;
    });
    const auto hinted = [&] {
      MutexLock lock(mutex);
      return std::exchange(hints, 0) > 0;
    };
    // The end of the empty partition is something to tell, too.
    ASSERT_TRUE(pump_until([&] { return stream.take(10, 1 << 20).end_of_partition; }));
    for (int i = 0; i < 30; ++i) {
      while (!stream.take(10, 1 << 20).batch.empty()) continue;
      hinted();
      const std::string value = std::to_string(i);
      produce_one({.topic = topic, .value = value, .partition = 0});
      // Only when a hint came is there a take: a lost one would end the wait.
      std::size_t seen = 0;
      ASSERT_TRUE(pump_until([&] {
        if (!hinted()) return false;
        for (;;) {
          const Taken taken = stream.take(10, 1 << 20);
          seen += taken.batch.size();
          if (taken.batch.empty()) return seen == 1;
        }
      })) << "record "
          << i;
    }
    stream.clear_ready();
  });
}

TEST_P(Contract, NoHintComesAfterClearReady) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Member& member = owner_of(*this, topic, 1);
    PartitionStream& stream = *member.owned.at({topic, 0}).stream;
    {
      const auto hints = std::make_shared<std::atomic<int>>(0);
      stream.set_ready([hints] { ++*hints; });
      // Emptied, so that the next record is an edge.
      ASSERT_TRUE(pump_until([&] { return stream.take(10, 1 << 20).end_of_partition; }));
      *hints = 0;
      produce(topic, 0, 1);
      ASSERT_TRUE(pump_until([&] { return hints->load() > 0; }));
      stream.clear_ready();
      // The handler is gone with all it held.
      EXPECT_EQ(hints.use_count(), 1);
    }
    produce(topic, 0, 5);
    member.takes = true;
    EXPECT_TRUE(pump_until([&] { return member.records.size() == 6; }));
  });
}

TEST_P(Contract, TheEndOfAPartitionIsToldEachTimeItIsReached) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.ends.contains(partition); }));
    EXPECT_EQ(member.ends[partition], 0);
    produce(topic, 0, 3);
    ASSERT_TRUE(pump_until([&] { return member.ends[partition] == 3; }));
    EXPECT_EQ(member.records.size(), 3U);
    produce(topic, 0, 2);
    ASSERT_TRUE(pump_until([&] { return member.ends[partition] == 5; }));
    EXPECT_EQ(member.records.size(), 5U);
  });
}

TEST_P(Contract, TheNextOffsetRunsPastGaps) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 5);
    leg().append_gap(partition);
    const Offset high = watermarks(partition).high;
    ASSERT_GT(high, 5);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until(
        [&] { return member.ends.contains(partition) && member.next[partition] == high; }));
    EXPECT_EQ(member.records.size(), 5U);
    EXPECT_EQ(member.records.back().offset, 4);
    // So a committed lag reaches zero.
    member.commit_taken();
    ASSERT_TRUE(pump_until([&] { return !member.commits.empty(); }));
    const auto committed = member.consumer->committed({partition}, deadline_in(kPatience));
    ASSERT_TRUE(committed) << committed.error().text();
    EXPECT_EQ(committed->front().offset, high);
    // And what comes behind the gap is read.
    produce(topic, 0, 1);
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 6; }));
    EXPECT_EQ(member.records.back().offset, high);
  });
}

TEST_P(Contract, AGapInTheMiddleIsSteppedOver) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 3);
    leg().append_gap(partition);
    const Offset behind = watermarks(partition).high;
    produce(topic, 0, 3, "w");
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 6; }));
    EXPECT_EQ(member.records[2].offset, 2);
    EXPECT_EQ(member.records[3].offset, behind);
    EXPECT_EQ(member.records[3].value.view(), "w0");
  });
}

TEST_P(Contract, NullAndEmptyDiffer) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce_one({.topic = topic, .key = nullptr, .value = nullptr, .partition = 0});
    produce_one({.topic = topic, .key = "", .value = "", .partition = 0});
    produce_one({.topic = topic, .key = nullptr, .value = "v", .partition = 0});
    produce_one({.topic = topic, .key = "k", .value = nullptr, .partition = 0});
    // The other way through the producer: with a header.
    produce_one(
        {.topic = topic, .key = "", .value = nullptr, .headers = {{"h", "1"}}, .partition = 0});
    produce_one(
        {.topic = topic, .key = nullptr, .value = "", .headers = {{"h", "1"}}, .partition = 0});
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 6; }));
    const auto expect = [&](std::size_t i, const OwnedBytes& key, const OwnedBytes& value) {
      EXPECT_EQ(member.records[i].key, key) << i;
      EXPECT_EQ(member.records[i].value, value) << i;
    };
    expect(0, nullptr, nullptr);
    expect(1, "", "");
    expect(2, nullptr, "v");
    expect(3, "k", nullptr);
    expect(4, "", nullptr);
    expect(5, nullptr, "");
  });
}

TEST_P(Contract, HeadersKeepOrderDuplicatesAndNulls) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string binary("\x00\xff\x01", 3);
    const Headers headers = {
        {"trace", "1"}, {"trace", "2"}, {"empty", ""}, {"null", nullptr}, {"bytes", binary}};
    produce_one({.topic = topic, .value = "with", .headers = headers, .partition = 0});
    produce_one({.topic = topic, .value = "without", .partition = 0});
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 2; }));
    EXPECT_EQ(member.records[0].headers, headers);
    EXPECT_EQ(member.records[0].headers.last("trace").view(), "2");
    EXPECT_TRUE(member.records[1].headers.empty());
  });
}

TEST_P(Contract, TimestampsAreTheProducers) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce_one(
        {.topic = topic, .value = "old", .partition = 0, .timestamp_ms = 1'600'000'000'123});
    produce_one({.topic = topic, .value = "now", .partition = 0});
    const std::int64_t present = wall_now().time_since_epoch().count();
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 2; }));
    EXPECT_EQ(member.records[0].timestamp_ms, 1'600'000'000'123);
    EXPECT_NEAR(static_cast<double>(member.records[1].timestamp_ms), static_cast<double>(present),
                60'000);
  });
}

TEST_P(Contract, RecordsOfOneMegabyte) {
  run([&] {
    const std::string topic = make_topic("orders", 1, {{"max.message.bytes", "3000000"}});
    Reports reports;
    const auto producer = make_producer(reports, {{"message.max.bytes", "3000000"}});
    const std::size_t size = std::size_t{1} << 20;
    for (int i = 0; i < 5; ++i) {
      const std::string value(size, static_cast<char>('a' + i));
      ASSERT_TRUE(producer->send({.topic = topic, .value = value, .partition = 0}, i));
    }
    ASSERT_TRUE(producer->close(deadline_in(kPatience)));
    // Small shares of prefetching: a record larger than a share still comes.
    Member& member = add("small", make_consumer(fresh_group(), {}, std::size_t{1} << 20, 4));
    ASSERT_TRUE(member.consumer->subscribe({topic}));
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 5; }));
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(member.records[i].value.size(), size);
      EXPECT_EQ(member.records[i].value.view().find_first_not_of(static_cast<char>('a' + i)),
                std::string_view::npos);
    }
  });
}

TEST_P(Contract, ABatchOutlivesItsAssignment) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 10);
    Member& member = owner_of(*this, topic, 1);
    RecordBatch batch;
    ASSERT_TRUE(pump_until([&] {
      if (batch.empty()) batch = member.owned.at({topic, 0}).stream->take(100, 1 << 20).batch;
      return !batch.empty();
    }));
    EXPECT_EQ(batch.assignment(), member.assigned.front().assignment);
    const std::shared_ptr<PartitionStream> stream = member.owned.at({topic, 0}).stream;
    // Another member comes, so this one gives up, and may get the partition anew.
    Member& other = join(member.consumer->group_metadata()->group_id, {topic});
    other.takes = false;
    ASSERT_TRUE(pump_until([&] {
      return !member.revoked.empty() && is_settled({&member, &other}, partitions_of(topic, 1));
    }));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      EXPECT_EQ(batch[i].value().view(), "v" + std::to_string(batch[i].offset()));
      EXPECT_EQ(batch[i].topic(), topic);
    }
    const Taken taken = stream->take(10, 1 << 20);
    EXPECT_TRUE(taken.batch.empty());
    ASSERT_TRUE(taken.error);
    EXPECT_EQ(taken.error->code, ErrorCode::kRevoked);
    batch = {};
  });
}

TEST_P(Contract, IdlePartitionsKeepToThePrefetchLimit) {
  run([&] {
    constexpr std::int32_t kPartitions = 200;
    constexpr int kRecords = 60;  // of 10 KiB each: 117 MiB in all
    const std::string topic = make_topic("orders", kPartitions);
    const std::string value(10 << 10, 'x');
    Reports reports;
    const auto producer = make_producer(reports, {{"linger.ms", "20"}, {"batch.size", "40000"}});
    DeliveryToken token = 0;
    for (int i = 0; i < kRecords; ++i) {
      for (PartitionId partition = 0; partition < kPartitions; ++partition) {
        ASSERT_TRUE(wait_until(
            [&] {
              const Status sent =
                  producer->send({.topic = topic, .value = value, .partition = partition}, ++token);
              return sent || sent.error().code != ErrorCode::kQueueFull;
            },
            [] { return "queue full"; }));
      }
    }
    ASSERT_TRUE(producer->close(deadline_in(60s)));
    const auto before = leg().resident_bytes();
    constexpr std::size_t kPrefetch = std::size_t{32} << 20;
    Member& member = add("idle", make_consumer(fresh_group(), {}, kPrefetch, kPartitions));
    member.takes = false;
    ASSERT_TRUE(member.consumer->subscribe({topic}));
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == kPartitions; }));
    // A partition holds its share, and at least one batch as the producer made it.
    // Prefetching has come to rest when memory has not grown for a while.
    std::size_t highest = 0;
    TimePoint last_growth = now();
    ASSERT_TRUE(pump_until([&] {
      const std::size_t resident = leg().resident_bytes().value_or(0);
      if (resident > highest + (std::size_t{1} << 20)) last_growth = now();
      highest = std::max(highest, resident);
      return now() - last_growth > 1500ms;
    }));
    if (before) {
      EXPECT_LT(highest - *before, 2 * kPrefetch)
          << "grew by " << ((highest - *before) >> 20) << " MiB";
    }
    // They were idle, not dead.
    member.takes = true;
    ASSERT_TRUE(pump_until(
        [&] { return member.records.size() == std::size_t{kPartitions} * kRecords; }, 60s));
  });
}

}  // namespace
}  // namespace rookery::contract
