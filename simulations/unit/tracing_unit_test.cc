// tracing_unit_test.cc
//
// What spans a consumer's records leave, and which trace what it sends belongs to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/rookery.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>
#include <rookery/testing.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rookery::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kParent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr char kUnsampled[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

class KeptSpans final : public SpanExporter {
 public:
  Status export_spans(std::vector<Span> spans) override {
    if (throws) throw std::runtime_error("no room");
    for (Span& span : spans) all.push_back(std::move(span));
    if (loses) return rookery::fail(ErrorCode::kIo, "2 spans were dropped");
    return {};
  }
  std::vector<Span> named(const std::string& name) const {
    std::vector<Span> found;
    for (const Span& span : all) {
      if (span.name == name) found.push_back(span);
    }
    return found;
  }
  std::vector<Span> all;
  bool throws = false;
  bool loses = false;
};

std::string attribute(const Span& span, const std::string& name) {
  const AttributeValue* value = span.attribute(name);
  if (value == nullptr) return "none";
  if (const auto* text = std::get_if<std::string>(value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(value)) return std::to_string(*number);
  return std::get<bool>(*value) ? "true" : "false";
}

class TracingUnit : public ::testing::Test {
 protected:
  UnitOfRoute unit(TopicOptions topic) {
    App app({.client_id = "billing", .kafka = {{"bootstrap.servers", "kafka-1:9092"}}});
    app.options().tracing = {.exporter = spans, .sample_one_in = sample_one_in};
    app.group("payments").topic("orders.v1", std::move(topic));
    return {std::move(app), "payments", "orders.v1"};
  }
  std::vector<Span> processed() const { return spans->named("process orders.v1"); }
  std::vector<Span> sent() const { return spans->named("send invoices.v1"); }

  std::shared_ptr<KeptSpans> spans = std::make_shared<KeptSpans>();
  std::uint64_t sample_one_in = 1;
};

ConsumerFactory invoicing() {
  return consumer([](const Record& order, ConsumerContext& context) {
    context.outputs().send({.topic = "invoices.v1", .key = order.key(), .value = order.value()});
  });
}

TopicOptions failing(int max_retries) {
  return {.consumer = consumer([](const Record&) { throw std::runtime_error("no amount"); }),
          .dead_letter_queue = {{.topic = "dlq", .max_retries = max_retries}}};
}

// ---- Off

TEST_F(TracingUnit, OffAddsNoHeaderAndKeepsWhatDeadLettersHad) {
  spans = nullptr;
  auto orders = unit({.consumer = invoicing()});
  orders.produce({.value = "1", .headers = {{"traceparent", kParent}}}).run();
  ASSERT_THAT(orders.produced("invoices.v1"), SizeIs(1));
  EXPECT_TRUE(orders.produced("invoices.v1")[0].headers.empty());

  auto poisoned = unit(failing(0));
  const Headers headers{{"traceparent", kParent}, {"tracestate", "rojo=1"}};
  poisoned.produce({.value = "1", .headers = headers});
  poisoned.run();
  poisoned.advance(10s);
  ASSERT_THAT(poisoned.dead_letters(), SizeIs(1));
  EXPECT_EQ(poisoned.dead_letters()[0].headers, headers);
  EXPECT_EQ(poisoned.dead_letters()[0].source.trace_id, kTrace);
  ASSERT_THAT(poisoned.errors(), SizeIs(1));
  EXPECT_EQ(poisoned.errors()[0].trace_id, kTrace);
}

// ---- A record and its outputs

TEST_F(TracingUnit, ARecordsOutputIsItsChildInTheTraceItCameWith) {
  auto orders = unit({.consumer = invoicing()});
  orders.produce({.key = "o-1",
                  .value = "12",
                  .headers = {{"traceparent", kParent}, {"tracestate", "rojo=1"}}});
  orders.run();
  ASSERT_THAT(processed(), SizeIs(1));
  const Span process = processed()[0];
  EXPECT_EQ(process.context.trace_id.text(), kTrace);
  EXPECT_EQ(process.parent.text(), "b7ad6b7169203331");
  EXPECT_EQ(process.kind, SpanKind::kConsumer);
  EXPECT_FALSE(process.has_failed);
  const std::vector<std::pair<std::string, AttributeValue>> expected = {
      {"messaging.system", "kafka"},
      {"messaging.operation.name", "process"},
      {"messaging.operation.type", "process"},
      {"messaging.client.id", "billing"},
      {"messaging.destination.name", "orders.v1"},
      {"server.address", "kafka-1"},
      {"server.port", std::int64_t{9092}},
      {"messaging.destination.partition.id", "0"},
      {"messaging.consumer.group.name", "payments"},
      {"rookery.attempt", std::int64_t{1}},
      {"messaging.kafka.offset", std::int64_t{0}},
      {"messaging.kafka.message.key", "o-1"}};
  EXPECT_EQ(process.attributes, expected);

  ASSERT_THAT(sent(), SizeIs(1));
  const Span send = sent()[0];
  EXPECT_EQ(send.kind, SpanKind::kProducer);
  EXPECT_EQ(send.parent, process.context.span_id);
  EXPECT_EQ(attribute(send, "messaging.operation.type"), "send");
  EXPECT_EQ(attribute(send, "messaging.kafka.message.key"), "o-1");
  EXPECT_EQ(attribute(send, "messaging.consumer.group.name"), "none");
  const Headers headers = orders.produced("invoices.v1")[0].headers;
  EXPECT_EQ(context_in(headers), send.context);
  EXPECT_EQ(headers.last("tracestate"), Bytes("rojo=1"));
}

TEST_F(TracingUnit, ASendIsOverWhenItIsAcknowledged) {
  auto orders = unit({.consumer = invoicing()});
  orders.hold_acknowledgements();
  orders.produce({.value = "12"}).run();
  EXPECT_THAT(processed(), SizeIs(1));
  EXPECT_THAT(sent(), IsEmpty());
  orders.advance(3s);
  orders.acknowledge();
  orders.run();
  ASSERT_THAT(sent(), SizeIs(1));
  EXPECT_EQ(sent()[0].lasts, 3s);
  EXPECT_LT(processed()[0].lasts, 3s);
}

TEST_F(TracingUnit, ASendThatFailsSaysSoAndItsRecordRunsAgainInTheSameTrace) {
  auto orders = unit({.consumer = invoicing()});
  orders.hold_acknowledgements();
  orders.produce({.value = "12"}).produce({.value = "13"}).run();
  orders.fail_deliveries();
  orders.run();
  orders.advance(10s);
  ASSERT_THAT(sent(), SizeIs(4));
  EXPECT_TRUE(sent()[0].has_failed);
  EXPECT_EQ(attribute(sent()[0], "error.type"), name(ErrorCode::kTimedOut));
  EXPECT_FALSE(sent()[2].has_failed);
  EXPECT_EQ(processed()[0].context.trace_id, processed()[2].context.trace_id);
  EXPECT_EQ(attribute(processed()[2], "rookery.attempt"), "2");
  for (const Event& error : orders.errors()) {
    const std::size_t run = error.offset == 0 ? 0 : 1;
    EXPECT_EQ(error.trace_id, processed()[run].context.trace_id.text());
  }
}

TEST_F(TracingUnit, AHeaderPassedOnIsReplacedAndAConsumersOwnSpanIsTheParent) {
  static constexpr char kOwn[] = "00-11111111111111111111111111111111-2222222222222222-01";
  auto orders =
      unit({.consumer = consumer([](const Record& order, ConsumerContext& context) {
              context.outputs().send({.topic = "invoices.v1", .headers = order.headers()});
              context.outputs().send({.topic = "invoices.v1", .headers = {{"traceparent", kOwn}}});
            })});
  orders.produce({.value = "12", .headers = {{"traceparent", kParent}, {"kind", "a"}}}).run();
  ASSERT_THAT(sent(), SizeIs(2));
  EXPECT_EQ(sent()[0].parent, processed()[0].context.span_id);
  EXPECT_EQ(sent()[1].parent.text(), "2222222222222222");
  EXPECT_EQ(sent()[1].context.trace_id.text(), "11111111111111111111111111111111");
  EXPECT_EQ(orders.produced()[0].headers,
            (Headers{{"kind", "a"}, {"traceparent", format_traceparent(sent()[0].context)}}));
}

TEST_F(TracingUnit, WhatTheTracesBeginnerDidNotSampleIsPassedOnAndNotExported) {
  auto orders = unit({.consumer = invoicing()});
  orders.produce({.value = "12", .headers = {{"traceparent", kUnsampled}}}).run();
  EXPECT_THAT(spans->all, IsEmpty());
  const auto context = context_in(orders.produced("invoices.v1")[0].headers);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id.text(), kTrace);
  EXPECT_NE(context->span_id.text(), "b7ad6b7169203331");
  EXPECT_FALSE(context->is_sampled);
}

TEST_F(TracingUnit, OfTracesThatBeginHereOneOfSoManyIsSampled) {
  sample_one_in = 4;
  auto orders = unit({.consumer = invoicing()});
  for (int i = 0; i < 400; ++i) orders.produce({.value = "12"});
  orders.run();
  EXPECT_GT(processed().size(), 50U);
  EXPECT_LT(processed().size(), 150U);
  EXPECT_EQ(sent().size(), processed().size()) << "whole traces";
}

// ---- Failing

TEST_F(TracingUnit, RetriesAndTheDeadLetterStayInOneTrace) {
  for (const Headers& headers : {Headers{}, Headers{{"traceparent", kParent}}}) {
    spans = std::make_shared<KeptSpans>();
    auto orders = unit(failing(2));
    orders.produce({.value = "12", .headers = headers}).run();
    orders.advance(60s);
    ASSERT_THAT(processed(), SizeIs(3));
    const std::string trace = processed()[0].context.trace_id.text();
    if (!headers.empty()) {
      EXPECT_EQ(trace, kTrace);
    }
    for (int i = 0; i < 3; ++i) {
      const Span process = processed()[static_cast<std::size_t>(i)];
      EXPECT_EQ(process.context.trace_id.text(), trace);
      EXPECT_TRUE(process.has_failed);
      EXPECT_EQ(process.error_message, "no amount");
      EXPECT_EQ(attribute(process, "error.type"), "std::runtime_error");
      EXPECT_EQ(attribute(process, "rookery.attempt"), std::to_string(i + 1));
    }
    for (const Event& error : orders.errors()) EXPECT_EQ(error.trace_id, trace);
    ASSERT_THAT(orders.dead_letters(), SizeIs(1));
    EXPECT_EQ(orders.dead_letters()[0].source.trace_id, trace);
    ASSERT_THAT(spans->named("send dlq"), SizeIs(1));
    const Span letter = spans->named("send dlq")[0];
    EXPECT_EQ(letter.parent, processed()[2].context.span_id);
    EXPECT_EQ(context_in(orders.dead_letters()[0].all_headers), letter.context);
  }
}

TEST_F(TracingUnit, ARecordThatSucceedsLeavesItsTraceBehind) {
  int runs = 0;
  auto orders = unit({.consumer = consumer([&runs](const Record&) {
                        if (++runs == 1) throw std::runtime_error("once");
                      })});
  orders.produce({.value = "12"}).produce({.value = "13"}).run();
  orders.advance(10s);
  ASSERT_THAT(processed(), SizeIs(3));
  EXPECT_EQ(processed()[0].context.trace_id, processed()[1].context.trace_id);
  EXPECT_NE(processed()[1].context.trace_id, processed()[2].context.trace_id);
}

// ---- Batches, and what is finished later

TEST_F(TracingUnit, ABatchLinksItsRecordsAndOutputsStayInTheirs) {
  auto orders = unit({.consumer = consumer([](Batch& batch, ConsumerContext& context) {
                        for (const Record& order : batch) {
                          context.outputs().send({.topic = "invoices.v1", .value = order.value()});
                        }
                      })});
  orders.produce({.value = "12", .headers = {{"traceparent", kParent}}})
      .produce({.value = "13"})
      .run();
  ASSERT_THAT(processed(), SizeIs(1));
  const Span batch = processed()[0];
  EXPECT_FALSE(batch.parent);
  EXPECT_EQ(attribute(batch, "messaging.batch.message_count"), "2");
  EXPECT_EQ(attribute(batch, "messaging.kafka.offset"), "none");
  ASSERT_THAT(batch.links, SizeIs(1));
  EXPECT_EQ(format_traceparent(batch.links[0]), kParent);
  ASSERT_THAT(sent(), SizeIs(2));
  EXPECT_EQ(sent()[0].context.trace_id.text(), kTrace);
  EXPECT_EQ(sent()[0].parent.text(), "b7ad6b7169203331");
  ASSERT_THAT(sent()[0].links, SizeIs(1));
  EXPECT_EQ(sent()[0].links[0], batch.context);
  EXPECT_EQ(sent()[1].parent, batch.context.span_id);
  EXPECT_EQ(sent()[1].context.trace_id, batch.context.trace_id);
}

// A table of sums, a bulk insert: nobody knows of which record it is.
TEST_F(TracingUnit, WhatABatchSendsAtNoRecordIsItsOwn) {
  auto orders =
      unit({.consumer = consumer([](Batch& batch, ConsumerContext& context) {
              const auto send = [&](const char* what, const Headers& headers = {}) {
                context.outputs().send({.topic = "invoices.v1", .value = what, .headers = headers});
              };
              send("before");
              for (const Record& order : batch) {
                if (order.offset() == 0) send("at the first");
              }
              send("after");
              send("passed on", batch[0].headers());
            })});
  orders.produce({.value = "12", .headers = {{"traceparent", kParent}, {"tracestate", "rojo=1"}}})
      .produce({.value = "13", .headers = {{"traceparent", kUnsampled}}})
      .run();
  ASSERT_THAT(processed(), SizeIs(1));
  const Span batch = processed()[0];
  EXPECT_NE(batch.context.trace_id.text(), kTrace);
  EXPECT_THAT(batch.links, SizeIs(2)) << "to all that it came from";
  ASSERT_THAT(sent(), SizeIs(4));
  for (const std::size_t i : {0U, 2U}) {
    EXPECT_EQ(sent()[i].parent, batch.context.span_id);
    EXPECT_EQ(sent()[i].context.trace_id, batch.context.trace_id);
    EXPECT_EQ(sent()[i].context.state, "");
    EXPECT_THAT(sent()[i].links, IsEmpty()) << "its parent has them";
    EXPECT_EQ(context_in(orders.produced()[i].headers), sent()[i].context);
  }
  for (const std::size_t i : {1U, 3U}) {  // of a record's trace, by place or by header
    EXPECT_EQ(sent()[i].parent.text(), "b7ad6b7169203331");
    EXPECT_EQ(sent()[i].context.trace_id.text(), kTrace);
    EXPECT_THAT(sent()[i].links, ::testing::ElementsAre(batch.context));
  }
}

// Told when another batch has run: what becomes of the record stays in its trace all the same.
TEST_F(TracingUnit, WhatABatchSentAtNoRecordAndFailsLeavesTheRecordItsTrace) {
  auto orders = unit({.consumer = consumer([](Batch&, ConsumerContext& context) {
                        context.outputs().send({.topic = "invoices.v1"});
                      }),
                      .dead_letter_queue = {{.topic = "dlq", .max_retries = 0}}});
  orders.hold_acknowledgements();
  orders.produce({.value = "12", .headers = {{"traceparent", kParent}}}).run();
  orders.produce({.value = "13"}).run();
  ASSERT_THAT(processed(), SizeIs(2));
  orders.fail_deliveries({.code = ErrorCode::kMessageTooLarge, .message = "too large"});
  orders.run();
  orders.advance(10s);
  ASSERT_FALSE(orders.dead_letters().empty());
  EXPECT_EQ(orders.dead_letters()[0].source.trace_id, kTrace);
  ASSERT_FALSE(spans->named("send dlq").empty());
  EXPECT_EQ(spans->named("send dlq")[0].context.trace_id.text(), kTrace);
}

TEST_F(TracingUnit, ARecordThatIsFinishedLaterIsProcessedUntilThen) {
  Thread later;
  auto orders = unit({.consumer = consumer([&later](const Record&, Completion done) {
                        const auto shared = std::make_shared<Completion>(std::move(done));
                        later = Thread("later", [shared] {
                          sleep_until(deadline_in(2s));
                          shared->send({.topic = "invoices.v1"});
                          shared->done();
                        });
                      })});
  orders.produce({.value = "12"}).run();
  EXPECT_THAT(spans->all, IsEmpty());
  orders.advance(3s);
  ASSERT_THAT(processed(), SizeIs(1));
  EXPECT_EQ(processed()[0].lasts, 2s);
  ASSERT_THAT(sent(), SizeIs(1));
  EXPECT_EQ(sent()[0].parent, processed()[0].context.span_id);
}

// ---- Exporters

TEST_F(TracingUnit, AnExporterThatThrowsHarmsNobodyAndIsToldOnce) {
  spans->throws = true;
  auto orders = unit({.consumer = invoicing()});
  orders.produce({.value = "12"}).produce({.value = "13"}).run();
  EXPECT_EQ(orders.marked(), 2);
  ASSERT_THAT(orders.errors(), SizeIs(1));
  EXPECT_EQ(orders.errors()[0].error_type, "tracing");
  EXPECT_THAT(orders.errors()[0].message, HasSubstr("the exporter of spans threw: no room"));
  spans->throws = false;
  orders.produce({.value = "14"}).run();
  spans->throws = true;
  orders.produce({.value = "15"}).run();
  EXPECT_THAT(orders.errors(), SizeIs(2)) << "it had worked in between";
}

TEST_F(TracingUnit, SpansThatWereLostAreTold) {
  spans->loses = true;
  auto orders = unit({.consumer = consumer([](const Record&) {})});
  orders.produce({.value = "12"}).run();
  ASSERT_THAT(orders.errors(), SizeIs(1));
  EXPECT_THAT(orders.errors()[0].message, HasSubstr("2 spans were dropped"));
}

}  // namespace
}  // namespace rookery::testing
