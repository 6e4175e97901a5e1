// failure_cases.cc
//
// Brokers that are gone, silent or started anew; closing; waking; settings that are wrong.
#include <rookery/runtime/thread.h>

#include <algorithm>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

// What a call may take beyond its deadline: one slice of a foreign call, and a loaded machine.
constexpr Duration kSlack = 700ms;

Duration time_of(const std::function<void()>& call) {
  const TimePoint start = now();
  call();
  return now() - start;
}

TEST_P(Contract, PollReturnsAtItsDeadline) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.ends.size() == 1; }));
    const Duration taken =
        time_of([&] { EXPECT_TRUE(member.consumer->poll_events(deadline_in(500ms)).empty()); });
    EXPECT_GE(taken, 500ms);
    EXPECT_LT(taken, 500ms + kSlack);
    EXPECT_LT(time_of([&] { member.consumer->poll_events(now()); }), kSlack);
  });
}

TEST_P(Contract, WakeEndsAPollEarly) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.ends.size() == 1; }));
    for (int i = 0; i < 10; ++i) {
      Thread waker("waker", [&] {
        sleep_until(deadline_in(20ms));
        member.consumer->wake();
      });
      const Duration taken = time_of([&] { member.consumer->poll_events(deadline_in(20s)); });
      waker.join();
      EXPECT_LT(taken, 20ms + 150ms) << "wake " << i << " ended a slice, not the poll";
    }
    // A wake before the poll counts for it, once.
    member.consumer->wake();
    member.consumer->wake();
    EXPECT_LT(time_of([&] { member.consumer->poll_events(deadline_in(20s)); }), kSlack);
    EXPECT_GE(time_of([&] { member.consumer->poll_events(deadline_in(300ms)); }), 300ms);
  });
}

TEST_P(Contract, AnUnknownTopicIsNamed) {
  run([&] {
    const std::string topic = leg().fresh_name("unknown");
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] {
      return std::any_of(
          member.errors.begin(), member.errors.end(), [&](const ConsumerError& error) {
            return error.error.code == ErrorCode::kUnknownTopicOrPartition &&
                   error.error.message.find(topic) != std::string::npos && !error.error.fatal;
          });
    }));
    // Once it is there, it is consumed.
    ASSERT_TRUE(admin().create_topics({{.name = topic}}, deadline_in(kPatience)).front());
    EXPECT_TRUE(pump_until([&] { return member.owned.size() == 1; }));
  });
}

TEST_P(Contract, ABrokerRestartLosesNothing) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    for (int i = 0; i < 2; ++i) produce(topic, i, 100);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 200; }));
    member.commit_taken("before");
    ASSERT_TRUE(pump_until([&] { return member.commits.size() == 1; }));
    leg().restart_node(leg().nodes().front());
    for (int i = 0; i < 2; ++i) produce(topic, i, 100, "after");
    std::map<TopicPartition, std::set<Offset>> offsets;
    ASSERT_TRUE(pump_until([&] {
      offsets.clear();
      for (const Seen& record : member.records) offsets[record.partition].insert(record.offset);
      return offsets[(TopicPartition{topic, 0})].size() == 200 &&
             offsets[(TopicPartition{topic, 1})].size() == 200;
    }));
    for (const ConsumerError& error : member.errors)
      EXPECT_FALSE(error.error.fatal) << error.error.text();
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 2; }));
    ASSERT_TRUE(pump_until([&] {
      member.commit_taken("after");
      member.pump(20ms);
      return !member.commits.empty() && member.commits.back().results.size() == 2 &&
             std::all_of(member.commits.back().results.begin(), member.commits.back().results.end(),
                         [](const CommitResult& result) { return result.status.has_value(); });
    }));
  });
}

TEST_P(Contract, CloseKeepsItsDeadlineBesideASilentBroker) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 10);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 10; }));
    member.owned.clear();
    leg().stop_answering();
    CloseReport report;
    const Duration taken = time_of([&] { report = member.consumer->close(deadline_in(1s)); });
    EXPECT_LT(taken, 1s + kSlack);
    EXPECT_EQ(report.outcome, CloseOutcome::kTimedOut);
    EXPECT_EQ(report.batches_held, 0U);
    EXPECT_EQ(report.text(), "timed out, 0 batches held");
    // Idempotent: the same answer at once.
    EXPECT_LT(time_of([&] { EXPECT_TRUE(member.consumer->close(deadline_in(10s)).timed_out()); }),
              kSlack);
  });
}

TEST_P(Contract, CloseKeepsItsDeadlineWithACommitOnTheWay) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 10);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 10; }));
    leg().stop_answering();
    member.commit_taken();
    member.pump(100ms);
    member.owned.clear();
    CloseReport report;
    EXPECT_LT(time_of([&] { report = member.consumer->close(deadline_in(1s)); }), 1s + kSlack);
    EXPECT_TRUE(report.timed_out());
    // The commit is done by then, as an error.
    member.pump(0ms);
    ASSERT_EQ(member.commits.size(), 1U);
    ASSERT_FALSE(member.commits.front().results.front().status);
    EXPECT_EQ(member.commits.front().results.front().status.error().code, ErrorCode::kClosed);
  });
}

TEST_P(Contract, ACommitEndsWithinTheRequestTimeoutBesideASilentBroker) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 10);
    Member& member = join(fresh_group(), {topic},
                          {{"socket.timeout.ms", "2000"}, {"session.timeout.ms", "30000"}});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 10; }));
    leg().stop_answering();
    EXPECT_LT(time_of([&] { member.commit_taken(); }), kSlack);
    const Duration taken =
        time_of([&] { ASSERT_TRUE(pump_until([&] { return member.commits.size() == 1; })); });
    EXPECT_LT(taken, 2s + kSlack);
    ASSERT_FALSE(member.commits.front().results.front().status);
    EXPECT_EQ(member.commits.front().results.front().status.error().code, ErrorCode::kTimedOut);
    leg().answer_again();
    // The consumer is none the worse.
    ASSERT_TRUE(pump_until([&] {
      member.commit_taken("again");
      member.pump(50ms);
      return !member.commits.empty() && !member.commits.back().results.empty() &&
             member.commits.back().results.front().status;
    }));
  });
}

TEST_P(Contract, QuestionsKeepTheirDeadlinesBesideASilentBroker) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 1; }));
    leg().stop_answering();
    const auto expect_timely = [&](const char* what, const std::function<Status()>& ask) {
      Status status;
      EXPECT_LT(time_of([&] { status = ask(); }), 500ms + kSlack) << what;
      EXPECT_FALSE(status) << what;
    };
    expect_timely("committed", [&]() -> Status {
      const auto answer = member.consumer->committed({{topic, 0}}, deadline_in(500ms));
      if (answer) return {};
      EXPECT_EQ(answer.error().code, ErrorCode::kTimedOut) << answer.error().text();
      return fail(answer.error());
    });
    expect_timely("watermarks", [&]() -> Status {
      const auto answer = admin().watermarks({{topic, 0}}, deadline_in(500ms));
      return answer ? Status{} : fail(answer.error());
    });
    expect_timely("describe", [&]() -> Status {
      const auto answer = admin().describe({topic}, deadline_in(500ms));
      return answer ? Status{} : fail(answer.error());
    });
    expect_timely("create", [&]() -> Status {
      return admin()
          .create_topics({{.name = leg().fresh_name("never")}}, deadline_in(500ms))
          .front();
    });
  });
}

TEST_P(Contract, AnOrderBesideASilentBrokerEndsOnClose) {
  run([&] {
    Result<std::unique_ptr<AdminClient>> made = transport().make_admin({});
    ASSERT_TRUE(made) << made.error().text();
    AdminClient& client = **made;
    leg().stop_answering();
    Status created;
    Thread orders("orders", [&] {
      created =
          client.create_topics({{.name = leg().fresh_name("never")}}, deadline_in(1h)).front();
    });
    // Before the order or while it waits: it ends either way.
    const Duration took = time_of([&] {
      client.close();
      orders.join();
    });
    EXPECT_LT(took, kSlack);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, ErrorCode::kClosed) << created.error().text();
  });
}

TEST_P(Contract, HeldBatchesKeepMemoryNotTheClose) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 10);
    const std::string group = fresh_group();
    Member& member = join(group, {topic});
    member.takes = false;
    std::vector<RecordBatch> held;
    ASSERT_TRUE(pump_until([&] {
      if (member.owned.empty()) return false;
      Taken taken = member.owned.at({topic, 0}).stream->take(5, 1 << 20);
      if (!taken.batch.empty()) held.push_back(std::move(taken.batch));
      return held.size() == 2;
    }));
    const std::shared_ptr<PartitionStream> stream = member.owned.at({topic, 0}).stream;
    CloseReport report;
    EXPECT_LT(time_of([&] { report = member.consumer->close(deadline_in(5s)); }), 2s);
    EXPECT_EQ(report.outcome, CloseOutcome::kTerminated) << report.text();
    EXPECT_EQ(report.batches_held, 2U);
    EXPECT_EQ(report.text(), "terminated, 2 batches held");
    member.owned.clear();
    // It left: the next member need not wait for a session to end.
    Member& next = join(group, {topic});
    EXPECT_TRUE(pump_until([&] { return next.owned.size() == 1; }, 5s));
    for (const RecordBatch& batch : held) {
      for (const Record& record : batch)
        EXPECT_EQ(record.value().view(), "v" + std::to_string(record.offset()));
    }
    const Taken taken = stream->take(10, 1 << 20);
    EXPECT_TRUE(taken.batch.empty());
    EXPECT_TRUE(taken.error);
    held.clear();
  });
}

TEST_P(Contract, AClosedConsumerSaysSo) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 10);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 10; }));
    const AssignedPartition partition = member.owned.begin()->second;
    const RevocationId never{12345};
    leave(member);
    EXPECT_EQ(member.consumer->close(deadline_in(1s)).outcome, CloseOutcome::kTerminated);
    const auto expect_closed = [](const Status& status) {
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, ErrorCode::kClosed) << status.error().text();
    };
    expect_closed(member.consumer->subscribe({topic}));
    expect_closed(member.consumer->assign({{{topic, 0}, 0}}));
    const auto committed = member.consumer->committed({{topic, 0}}, deadline_in(1s));
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::kClosed);
    member.consumer->hand_back(never);
    member.consumer->wake();
    member.consumer->commit({{partition.partition, partition.assignment, 1, ""}});
    member.pump(0ms);
    ASSERT_EQ(member.commits.size(), 1U);
    expect_closed(member.commits.front().results.front().status);
    const Taken taken = partition.stream->take(1, 1);
    ASSERT_TRUE(taken.error);
  });
}

TEST_P(Contract, SettingsThatAreWrongAreNamed) {
  run([&] {
    const auto expect_refused = [&](const ConfigMap& config,
                                    const std::vector<std::string>& names) {
      const auto made = transport().make_group_consumer({.config = config});
      ASSERT_FALSE(made);
      EXPECT_EQ(made.error().code, ErrorCode::kInvalidConfig);
      for (const std::string& name : names) {
        EXPECT_NE(made.error().message.find(name), std::string::npos) << made.error().text();
      }
    };
    expect_refused({{"group.id", "g"}, {"no.such.setting", "1"}}, {"no.such.setting"});
    expect_refused({{"group.id", "g"}, {"session.timeout.ms", "soon"}}, {"session.timeout.ms"});
    expect_refused({}, {"group.id"});
    // What would break a promise, all of it in one answer.
    expect_refused(
        {{"group.id", "g"}, {"enable.auto.commit", "true"}, {"enable.auto.offset.store", "true"}},
        {"enable.auto.commit", "enable.auto.offset.store"});
    const auto producer =
        transport().make_producer({.config = {{"no.such.setting", "1"}}, .on_delivery = {}});
    ASSERT_FALSE(producer);
    EXPECT_EQ(producer.error().code, ErrorCode::kInvalidConfig);
    EXPECT_NE(producer.error().message.find("no.such.setting"), std::string::npos);
    // What only says what is so anyway is welcome.
    EXPECT_TRUE(transport().make_group_consumer({.config = {{"group.id", "g"},
                                                            {"enable.auto.commit", "false"},
                                                            {"enable.partition.eof", "true"}}}));
  });
}

TEST_P(Contract, ConnectionsPrintTheirClientIdFirst) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Member& member = join(fresh_group(), {topic}, {{"client.id", "billing"}});
    EXPECT_TRUE(member.consumer->text().starts_with("<client_id=billing "))
        << member.consumer->text();
    ASSERT_TRUE(pump_until([&] { return member.owned.size() == 1; }));
    const std::string text = member.consumer->text();
    EXPECT_TRUE(text.starts_with("<client_id=billing node_id=")) << text;
    EXPECT_TRUE(text.ends_with(" state=connected>")) << text;
    EXPECT_NE(text.find(" host="), std::string::npos) << text;
    EXPECT_NE(text.find(" port="), std::string::npos) << text;
    Reports reports;
    const auto producer = make_producer(reports, {{"client.id", "feeder"}});
    EXPECT_TRUE(producer->text().starts_with("<client_id=feeder ")) << producer->text();
    // In every state.
    leave(member);
    EXPECT_TRUE(member.consumer->text().starts_with("<client_id=billing "))
        << member.consumer->text();
  });
}

}  // namespace
}  // namespace rookery::contract
