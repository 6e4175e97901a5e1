// wrap_test.cc
//
// What stands around consume: it runs it once, and its failures are the record's.
#include <rookery/processing/testing/completion_desk.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Wrap = std::function<void(ConsumeAction&)>;
using Consume = std::function<void(const Record&)>;

struct CommitFailed : std::runtime_error {
  using runtime_error::runtime_error;
};

class Wrapped final : public Consumer {
 public:
  Wrapped(Wrap wrap, Consume consume) : wrap_(std::move(wrap)), consume_(std::move(consume)) {}
  void wrap(ConsumeAction& action) override { wrap_(action); }

 private:
  void consume(const Record& record) override { consume_(record); }
  const Wrap wrap_;
  const Consume consume_;
};

// Runs one record, whose first run is wrapped by `wrap` and later ones as they should be. Answers
// the notes of both, and the errors.
class WrapTest : public ::testing::Test {
 protected:
  std::vector<std::string> run_one(const Wrap& wrap, const Consume& consume) {
    int runs = 0;
    const Wrap in_turn = [&](ConsumeAction& action) { ++runs == 1 ? wrap(action) : action(); };
    ServerHarness harness(board_, {.consumer = rookery::consumer<Wrapped>(in_turn, consume)});
    harness.assign(kPartition, 5)->push(1);
    harness.group().wait_for_commit(kPartition, 6);
    EXPECT_EQ(harness.stop(), ExitCode::kClean);
    return board_.notes("ran ");
  }
  Consume noting() {
    return [this](const Record&) { board_.note("ran consume"); };
  }
  std::vector<std::string> errors() { return board_.notes("error.occurred "); }

  Board board_;
};

TEST_F(WrapTest, StandsAroundConsume) {
  const Wrap wrap = [this](ConsumeAction& action) {
    board_.note("ran before");
    action();
    board_.note("ran after");
  };
  EXPECT_THAT(run_one(wrap, noting()), ElementsAre("before", "consume", "after"));
  EXPECT_THAT(errors(), IsEmpty());
}

// Whoever has a wrap of its own is found, wherever it stands and whoever may name it.
TEST_F(WrapTest, IsFoundInAnyClass) {
  class Private : public Consumer {
   public:
    explicit Private(Board* board) : board_(*board) {}

   private:
    void wrap(ConsumeAction& action) override {
      board_.note("ran a wrap");
      ConsumerBase::wrap(action);
    }
    void consume(const Record&) override { board_.note("ran consume"); }
    Board& board_;
  };
  class Derived : public Private {
    using Private::Private;
  };
  class Public : public Derived {
    using Derived::Derived;

   public:
    void wrap(ConsumeAction& action) override { action(); }
  };
  const auto run = [this](const ConsumerFactory& factory) {
    const std::size_t before = board_.notes("ran ").size();
    ServerHarness harness(board_, {.consumer = factory});
    harness.assign()->push(2);
    harness.group().wait_for_commit(kPartition, 2);
    EXPECT_EQ(harness.stop(), ExitCode::kClean);
    std::vector<std::string> notes = board_.notes("ran ");
    notes.erase(notes.begin(), notes.begin() + static_cast<std::ptrdiff_t>(before));
    return notes;
  };
  const auto wrapped = ElementsAre("a wrap", "consume", "a wrap", "consume");
  EXPECT_THAT(run(consumer<Private>(&board_)), wrapped);
  EXPECT_THAT(run(consumer<Derived>(&board_)), wrapped);
  EXPECT_THAT(run(consumer<Public>(&board_)), ElementsAre("consume", "consume"));
  EXPECT_THAT(run([this] { return std::make_unique<Derived>(&board_); }), wrapped);
}

TEST_F(WrapTest, AThrowBeforeConsumeIsTheRecordsFailure) {
  const Wrap wrap = [](ConsumeAction&) { throw CommitFailed("no connection"); };
  EXPECT_THAT(run_one(wrap, noting()), ElementsAre("consume")) << "the second run's";
  EXPECT_THAT(errors(), ElementsAre("wrap rookery::(anonymous namespace)::CommitFailed orders-0@5: "
                                    "no connection"));
}

TEST_F(WrapTest, AThrowBehindConsumeHasItRunAgain) {
  const Wrap wrap = [](ConsumeAction& action) {
    action();
    throw CommitFailed("deadlock");
  };
  EXPECT_THAT(run_one(wrap, noting()), ElementsAre("consume", "consume"));
  EXPECT_THAT(
      errors(),
      ElementsAre("wrap rookery::(anonymous namespace)::CommitFailed orders-0@5: deadlock"));
}

TEST_F(WrapTest, WhatConsumeThrowsComesThroughAsItsOwn) {
  bool is_rolled_back = false;
  const Wrap wrap = [&](ConsumeAction& action) {
    try {
      action();
    } catch (...) {
      is_rolled_back = true;
      throw;
    }
  };
  bool must_throw = true;
  run_one(wrap, [&](const Record&) {
    if (std::exchange(must_throw, false)) throw std::runtime_error("bad");
  });
  EXPECT_TRUE(is_rolled_back);
  EXPECT_THAT(errors(), ElementsAre("consume std::runtime_error orders-0@5: bad"));
}

TEST_F(WrapTest, WhatConsumeThrowsIsAFailureAlsoWhenItIsSwallowed) {
  const Wrap wrap = [](ConsumeAction& action) {
    try {
      action();
    } catch (const std::exception&) {
    }
  };
  int runs = 0;
  run_one(wrap, [&](const Record&) {
    if (++runs == 1) throw std::runtime_error("bad");
  });
  EXPECT_EQ(runs, 2);
  EXPECT_THAT(errors(), ElementsAre("consume std::runtime_error orders-0@5: bad"));
}

TEST_F(WrapTest, AnActionThatIsNotCalledIsAnError) {
  EXPECT_THAT(run_one([](ConsumeAction&) {}, noting()), ElementsAre("consume"));
  EXPECT_THAT(errors(), ElementsAre("wrap WrapMisused orders-0@5: wrap() has returned without "
                                    "calling its action: nothing was done"));
}

TEST_F(WrapTest, ASecondCallRunsNothingAndIsAnError) {
  for (const bool is_swallowed : {false, true}) {
    Board board;
    const Wrap wrap = [&](ConsumeAction& action) {
      action();
      if (!is_swallowed) return action();
      try {
        action();
      } catch (const WrapMisused&) {
        board.note("was told");
      }
    };
    const std::size_t before = board_.notes("ran ").size();
    const std::size_t runs = run_one(wrap, noting()).size() - before;
    EXPECT_EQ(runs, 2U) << "one in each run of the record";
    EXPECT_EQ(board.notes("was told").size(), is_swallowed ? 1U : 0U);
    EXPECT_EQ(errors().back(),
              "wrap WrapMisused orders-0@5: wrap() has called its action more than once");
  }
}

TEST_F(WrapTest, AConsumersOwnFailureIsNotRepeatedInTheWrap) {
  const Wrap wrap = [](ConsumeAction& action) {
    try {
      action();
    } catch (const std::exception&) {
      action();
    }
  };
  int runs = 0;
  run_one(wrap, [&](const Record&) {
    if (++runs == 1) throw std::runtime_error("bad");
  });
  EXPECT_EQ(runs, 2);
  EXPECT_THAT(errors(), ElementsAre("wrap WrapMisused orders-0@5: wrap() has called its action "
                                    "more than once"));
}

// The commit behind a batch has no culprit: it is found out like that of a bulk insert.
TEST(WrappedBatch, AThrowBehindItBlamesTheOneThatThrowsAlone) {
  Board board;
  class Bulk final : public BatchConsumer {
   public:
    explicit Bulk(Board& board) : board_(board) {}
    void wrap(ConsumeAction& action) override {
      is_bad_ = false;
      action();
      if (is_bad_) throw CommitFailed("constraint");
    }

   private:
    void consume(Batch& batch) override {
      for (const Record& record : batch) is_bad_ = is_bad_ || record.key() == "bad";
      board_.note("batch of " + std::to_string(batch.size()));
    }
    Board& board_;
    bool is_bad_ = false;
  };
  ServerHarness harness(board,
                        {.consumer = [&] { return std::make_unique<Bulk>(board); },
                         .min_records = 4,
                         .dead_letter_queue = DeadLetterQueue{.topic = "dead", .max_retries = 1}});
  harness.transport.topics = {{"dead", 1}};
  push_keys(*harness.assign(), {"a", "b", "bad", "c"});
  harness.group().wait_for_commit(kPartition, 4);
  ASSERT_EQ(board.notes("dead_letter.dispatched").size(), 1U);
  EXPECT_EQ(board.notes("dead_letter.dispatched").front().substr(0, 1), " ");
  board.look([&] {
    ASSERT_EQ(harness.transport.producer.sent.size(), 1U);
    EXPECT_EQ(harness.transport.producer.sent[0].key, "bad");
  });
}

TEST(WrappedWaiting, IsAroundTheBeginningOfTheWork) {
  Board board;
  CompletionDesk desk(board);
  class Waiting final : public WaitingConsumer {
   public:
    Waiting(Board& board, std::unique_ptr<ConsumerBase> inner)
        : board_(board), inner_(std::move(inner)) {}
    void attach(ConsumerContext& context) override { inner_->attach(context); }
    void wrap(ConsumeAction& action) override {
      board_.note("wrap begins");
      if (++wraps_ > 1) action();
      board_.note("wrap ends");
    }

   private:
    void consume(const Record& record, Completion completion) override {
      inner_->run_waiting(record, std::move(completion));
    }
    Board& board_;
    const std::unique_ptr<ConsumerBase> inner_;
    int wraps_ = 0;
  };
  ServerHarness harness(
      board, {.consumer = [&] { return std::make_unique<Waiting>(board, desk.factory()()); }});
  push_keys(*harness.assign(), {"a"});
  board.wait_for_notes("wrap ends", 2);
  EXPECT_THAT(board.notes("error.occurred "),
              ElementsAre("wrap WrapMisused orders-0@0: wrap() has returned without calling its "
                          "action: nothing was done"));
  EXPECT_TRUE(desk.finish("a"));
  harness.group().wait_for_commit(kPartition, 1);
}

}  // namespace
}  // namespace rookery
