// offsets_property.cc
//
// Two servers one after the other; what their consumers do is noted on a board.
#include "simulations/offsets/offsets_property.h"

#include <gmock/gmock.h>
#include <rookery/processing/server.h>
#include <rookery/transport/testing/board.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace rookery::offsets {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr Duration kPatience = 60s;
constexpr std::int64_t kFirst_ms = 1'767'225'600'000;

std::string text_of(const Status& status) { return status ? "ok" : status.error().text(); }

class Audit {
 public:
  explicit Audit(contract::Leg& leg)
      : leg_(leg),
        topic_(leg.fresh_name("payments")),
        group_(leg.fresh_name("audit")),
        transport_(leg.make_transport({})) {}

  Status make_topic() {
    const auto admin = transport_->make_admin({});
    if (!admin) return fail(admin.error());
    const auto made = (*admin)->create_topics({{.name = topic_}}, deadline_in(kPatience));
    if (!made.front()) return made.front();
    leg_.await_topic(topic_, 1);
    return {};
  }
  // Records that are a second apart.
  Status produce(int count) {
    const auto producer = transport_->make_producer({.config = {}, .on_delivery = {}});
    if (!producer) return fail(producer.error());
    for (int i = 0; i < count; ++i, ++produced_) {
      const Status sent = (*producer)->send({.topic = topic_,
                                             .value = "v",
                                             .partition = 0,
                                             .timestamp_ms = kFirst_ms + 1'000 * produced_},
                                            0);
      if (!sent) return sent;
    }
    return (*producer)->close(deadline_in(kPatience));
  }
  // Serves until `last` was noted.
  ExitCode serve(ConsumerFactory consumer, const std::string& last) {
    App app({.client_id = "audit",
             .kafka = {{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "200"}},
             .defaults = {.commit_interval = 1h}});
    app.group(group_).topic(topic_, {.consumer = std::move(consumer), .marking = Marking::kManual});
    Server server(std::move(app), *transport_);
    const Status started = server.start();
    EXPECT_TRUE(started) << started.error().text();
    board.wait_for_notes(last);
    server.stop();
    return server.wait();
  }

  fakes::Board board;

 private:
  contract::Leg& leg_;
  const std::string topic_;
  const std::string group_;
  const std::unique_ptr<Transport> transport_;
  int produced_ = 0;
};

// Commits the third record, goes back to it by its time, and commits all.
void first_life(Audit& audit) {
  bool has_sought = false;
  fakes::Board& board = audit.board;
  const ExitCode ended =
      audit.serve(consumer([&](const Record& record, ConsumerContext& context) {
                    Offsets& offsets = context.offsets();
                    board.note("ran " + std::to_string(record.offset()));
                    if (record.offset() == 2 && !has_sought) {
                      board.note("commit " + text_of(offsets.mark_and_commit(record, "up to 2")));
                    }
                    if (record.offset() != 5) return;
                    if (!std::exchange(has_sought, true)) {
                      EXPECT_FALSE(offsets.seek(700)) << "the log does not have it";
                      const Result<Offset> sought =
                          offsets.seek(Timestamp(std::chrono::milliseconds(kFirst_ms + 1'500)));
                      EXPECT_TRUE(sought) << sought.error().text();
                      board.note("sought " + std::to_string(sought.value_or(-1)));
                      return;
                    }
                    board.note("commit " + text_of(offsets.mark_and_commit(record, "all of it")));
                    board.note("over");
                  }),
                  "over");
  EXPECT_EQ(ended, ExitCode::kClean);
  EXPECT_THAT(board.notes("ran "), ElementsAre("0", "1", "2", "3", "4", "5", "2", "3", "4", "5"));
  EXPECT_THAT(board.notes("commit "), ElementsAre("ok", "ok"));
  EXPECT_THAT(board.notes("sought "), ElementsAre("2"));
}

// Reads the string, goes to the beginning, and rests on the way.
void second_life(Audit& audit) {
  class Again final : public Consumer {
   public:
    explicit Again(fakes::Board& board) : board_(board) {}
    void initialized() override {
      board_.note("found " + committed_metadata());
      const Result<Offset> sought = seek(SeekTo::earliest());
      board_.note("again from " + std::to_string(sought.value_or(-1)));
    }

   private:
    void consume(const Record& record) override {
      board_.note("reran " + std::to_string(record.offset()));
      mark(record);
      if (record.offset() == 3) pause(50ms);
      if (record.offset() != 6) return;
      board_.note("last " + text_of(commit()));
    }
    fakes::Board& board_;
  };
  fakes::Board& board = audit.board;
  const ExitCode ended = audit.serve([&board] { return std::make_unique<Again>(board); }, "last ");
  EXPECT_EQ(ended, ExitCode::kClean);
  EXPECT_THAT(board.notes("found "), ElementsAre("all of it"));
  EXPECT_THAT(board.notes("again from "), ElementsAre("0"));
  EXPECT_THAT(board.notes("reran "), ElementsAre("0", "1", "2", "3", "4", "5", "6"));
  EXPECT_THAT(board.notes("last "), ElementsAre("ok"));
}

TEST_P(OffsetsProperty, AreTheUsersToMove) {
  const std::unique_ptr<contract::Leg> leg = GetParam().make();
  leg->run([&] {
    Audit audit(*leg);
    const Status made = audit.make_topic();
    ASSERT_TRUE(made) << made.error().text();
    ASSERT_TRUE(audit.produce(6));
    first_life(audit);
    ASSERT_TRUE(audit.produce(1));
    second_life(audit);
  });
}

}  // namespace
}  // namespace rookery::offsets
