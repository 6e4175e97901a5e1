// lane_trace_test.cc
//
// An exporter of spans that throws harms no record; and where the end of a span finds no memory,
// nothing of what ran is left behind: for the server, for who sends, for a consumer that ends.
#include <rookery/processing/output_producer.h>
#include <rookery/processing/testing/completion_desk.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using namespace rookery::fakes;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Has no memory for spans of one kind.
class Exhausted final : public SpanExporter {
 public:
  explicit Exhausted(SpanKind kind) : kind_(kind) {}
  Status export_spans(std::vector<Span> spans) override {
    if (spans.front().kind == kind_) throw std::bad_alloc();
    return {};
  }

 private:
  const SpanKind kind_;
};

AppOptions traced_to(std::shared_ptr<SpanExporter> exporter) {
  return {.tracing = {.exporter = std::move(exporter)}};
}

// Asks at its end for the lag of the record that it stands at.
template <class Base>
class AsksAtItsEnd : public Base {
 public:
  explicit AsksAtItsEnd(Board& board) : board_(board) {}
  ~AsksAtItsEnd() override {
    board_.note(this->consumption_lag() ? "ended at a record" : "ended at none");
  }

 private:
  Board& board_;
};
class OneByOne final : public AsksAtItsEnd<Consumer> {
  using AsksAtItsEnd<Consumer>::AsksAtItsEnd;
  void consume(const Record&) override {}
};
class InBatches final : public AsksAtItsEnd<BatchConsumer> {
  using AsksAtItsEnd<BatchConsumer>::AsksAtItsEnd;
  void consume(Batch&) override {}
};

TEST(TraceWithoutMemory, TheServerStopsAndItsConsumersStandAtNoRecord) {
  for (const bool is_batch : {false, true}) {
    Board board;
    ServerHarness harness(board, {.consumer = [&]() -> std::unique_ptr<ConsumerBase> {
                            if (is_batch) return std::make_unique<InBatches>(board);
                            return std::make_unique<OneByOne>(board);
                          }},
                          {}, traced_to(std::make_shared<Exhausted>(SpanKind::kConsumer)));
    const auto stream = harness.assign();
    stream->push(3);
    EXPECT_EQ(harness.server().wait(), ExitCode::kForced);
    EXPECT_THAT(board.notes("error.occurred memory"), SizeIs(1));
    EXPECT_THAT(board.notes("ended at "), Each("none"));
    EXPECT_THAT(board.notes("ended at "), SizeIs(1));
    EXPECT_LE(harness.group().committed_at(kPartition), 0);
    board.look([&] { EXPECT_EQ(stream->batches_held(), 0U); });
  }
}

// What is still under way when a server gives up, and ends behind it.
TEST(TraceWithoutMemory, ALaneThatIsClearedLosesItsSpanAlone) {
  Board board;
  CompletionDesk desk(board);
  {
    auto app = traced_to(std::make_shared<Exhausted>(SpanKind::kConsumer));
    app.shutdown_timeout = 5ms;
    ServerHarness harness(board, {.consumer = desk.factory(), .max_wait = 1ms}, {}, std::move(app));
    const auto stream = harness.assign();
    push_keys(*stream, {"a"});
    CompletionDesk::Work work = desk.take("a");
    EXPECT_EQ(harness.stop(), ExitCode::kForced);
    EXPECT_FALSE(work.completion.done());
  }
  EXPECT_THAT(board.notes("error.occurred memory"), IsEmpty());
}

// Throws at each of its calls.
class Broken final : public SpanExporter {
 public:
  Status export_spans(std::vector<Span>) override { throw std::runtime_error("no spans"); }
  Status flush(TimePoint) override { throw std::runtime_error("no flush"); }
};

TEST(TraceToAnExporterThatThrows, EndsInOrderAndIsTold) {
  Board board;
  ServerHarness harness(board, {.consumer = consumer([](const Record&) {})}, {},
                        traced_to(std::make_shared<Broken>()));
  harness.assign()->push(3);
  harness.group().wait_for_commit(kPartition, 3);
  EXPECT_EQ(harness.stop(), ExitCode::kClean);
  EXPECT_THAT(board.notes("error.occurred tracing "),
              ElementsAre(HasSubstr("the exporter of spans threw: no spans"),
                          HasSubstr("the exporter of spans threw: no flush")));
}

// Notes its end.
class Listening final : public OutputListener {
 public:
  explicit Listening(Board& board) : board_(board) {}
  void on_outputs_acknowledged(PendingRecord&) override { board_.note("acknowledged"); }
  void on_output_failed(PendingRecord&, const Error&, bool) override { board_.note("failed"); }
  void on_pending_gone(PendingRecord&) override { board_.note("gone"); }

 private:
  Board& board_;
};

TEST(TraceWithoutMemory, AnOutputThatWasNotSentHoldsNothing) {
  Board board;
  FakeTransport transport(board);
  transport.producer.send_error = Error{.code = ErrorCode::kMessageTooLarge, .message = "no"};
  const Tracer tracer({.exporter = std::make_shared<Exhausted>(SpanKind::kProducer)}, "server-1",
                      "billing", "", [](const Error&) {});
  auto producer = OutputProducer::make(transport, {}, {}, {}, {}, &tracer);
  ASSERT_TRUE(producer);
  auto* pending = new PendingRecord(
      std::make_shared<Listening>(board), 0, /*is_dead_letter=*/false, "",
      std::make_shared<const OutputOrigin>(OutputOrigin{.parent = tracer.begin_trace()}));
  EXPECT_THROW(static_cast<void>((*producer)->send({.topic = "out"}, *pending, now(), {})),
               std::bad_alloc);
  EXPECT_THAT(board.notes("gone"), IsEmpty());
  pending->abandon();
  EXPECT_THAT(board.notes("gone"), SizeIs(1));
  EXPECT_TRUE((*producer)->close(deadline_in(5s)));
}

}  // namespace
}  // namespace rookery
