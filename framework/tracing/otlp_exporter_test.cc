// otlp_exporter_test.cc
//
// Spans arrive at a collector as it wants them, which stands in here: an HTTP server that checks
// each body by the rules of OTLP/HTTP with JSON. And a collector that is away, slow or busy harms
// nobody, and what is lost by it is told.
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/thread.h>
#include <rookery/tracing/otlp_exporter.h>
#include <rookery/tracing/otlp_json.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Json = nlohmann::json;

constexpr Duration kPatience = 30s;

Span span_number(std::uint64_t number) {
  return {.name = "process orders",
          .kind = SpanKind::kConsumer,
          .context = {.trace_id = {.high = 1, .low = 0xabc},
                      .span_id = {number},
                      .is_sampled = true,
                      .state = "rojo=1"},
          .parent = {0xb7},
          .begin = WallTime(1'700'000'000'000ms),
          .lasts = 1'500'000ns,
          .attributes = {{"messaging.system", "kafka"},
                         {"messaging.kafka.offset", std::int64_t{9'007'199'254'740'993}},
                         {"messaging.kafka.message.tombstone", true}}};
}

std::vector<Span> spans(std::uint64_t first, std::uint64_t count) {
  std::vector<Span> all;
  for (std::uint64_t i = 0; i < count; ++i) all.push_back(span_number(first + i));
  return all;
}

// ---- What OTLP asks of a body; empty: nothing is wrong.

bool matches(const Json& value, const char* pattern) {
  return value.is_string() && std::regex_match(value.get<std::string>(), std::regex(pattern));
}

std::string wrong_keys(const Json& object, const std::set<std::string>& known) {
  if (!object.is_object()) return "no object: " + object.dump();
  for (const auto& [key, value] : object.items()) {
    if (!known.contains(key)) return "unknown field " + key;
  }
  return "";
}

std::string wrong_attribute(const Json& attribute) {
  if (auto wrong = wrong_keys(attribute, {"key", "value"}); !wrong.empty()) return wrong;
  if (!attribute.at("key").is_string() || attribute.at("value").size() != 1) return "a value each";
  const Json& typed = attribute.at("value");
  const std::string type = typed.begin().key();
  const Json& value = *typed.begin();
  const bool is_right = (type == "stringValue" && value.is_string()) ||
                        (type == "intValue" && matches(value, "-?[0-9]+")) ||
                        (type == "boolValue" && value.is_boolean());
  return is_right ? "" : "attribute " + attribute.dump();
}

std::string wrong_span(const Json& span) {
  if (auto wrong = wrong_keys(span, {"traceId", "spanId", "parentSpanId", "traceState", "name",
                                     "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes",
                                     "links", "droppedLinksCount", "status"});
      !wrong.empty()) {
    return wrong;
  }
  if (!matches(span.at("traceId"), "[0-9a-f]{32}")) return "traceId";
  if (!matches(span.at("spanId"), "[0-9a-f]{16}")) return "spanId";
  if (span.contains("parentSpanId") && !matches(span["parentSpanId"], "[0-9a-f]{16}")) {
    return "parentSpanId";
  }
  if (!span.at("kind").is_number_integer() || span["kind"] < 1 || span["kind"] > 5) return "kind";
  if (!matches(span.at("startTimeUnixNano"), "[0-9]{19}")) return "startTimeUnixNano";
  if (!matches(span.at("endTimeUnixNano"), "[0-9]{19}")) return "endTimeUnixNano";
  if (span["endTimeUnixNano"] < span["startTimeUnixNano"]) return "it ends before it begins";
  if (span.at("name").get<std::string>().empty()) return "name";
  for (const Json& attribute : span.at("attributes")) {
    if (auto wrong = wrong_attribute(attribute); !wrong.empty()) return wrong;
  }
  for (const Json& link : span.value("links", Json::array())) {
    if (!matches(link.at("traceId"), "[0-9a-f]{32}")) return "link";
    if (!matches(link.at("spanId"), "[0-9a-f]{16}")) return "link";
  }
  return "";
}

// The spans of a request. Throws Json's exceptions, std::runtime_error: what is wrong.
std::vector<Json> spans_of(const std::string& body) {
  const Json request = Json::parse(body);
  std::vector<Json> all;
  const auto check = [](const std::string& wrong) {
    if (!wrong.empty()) throw std::runtime_error(wrong);
  };
  check(wrong_keys(request, {"resourceSpans"}));
  for (const Json& resource : request.at("resourceSpans")) {
    check(wrong_keys(resource, {"resource", "scopeSpans"}));
    for (const Json& attribute : resource.at("resource").at("attributes")) {
      check(wrong_attribute(attribute));
    }
    for (const Json& scope : resource.at("scopeSpans")) {
      check(wrong_keys(scope, {"scope", "spans"}));
      if (!scope.at("scope").at("name").is_string()) throw std::runtime_error("scope");
      for (const Json& span : scope.at("spans")) {
        check(wrong_span(span));
        all.push_back(span);
      }
    }
  }
  return all;
}

// Answers as it is told to, one answer after the other; then 200.
class Collector {
 public:
  struct Answer {
    int status = 200;
    std::string body = "{}";
    std::string retry_after = {};
    bool is_held = false;  // until release()
  };

  Collector() {
    http_.Post("/v1/traces", [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
    });
    port_ = http_.bind_to_any_port("127.0.0.1");
    thread_ = Thread("collector", [this] { http_.listen_after_bind(); });
  }
  ~Collector() {
    release();
    for (bool is_told = false; !thread_.join_until(deadline_in(1ms));) {
      if (!is_told && http_.is_running()) {
        is_told = true;
        http_.stop();
      }
    }
  }

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void will_answer(std::vector<Answer> answers) {
    MutexLock lock(mutex_);
    answers_.assign(answers.begin(), answers.end());
  }
  void release() {
    {
      MutexLock lock(mutex_);
      is_released_ = true;
    }
    changed_.notify_all();
  }
  bool wait_for(const std::function<bool()>& is_so) {
    MutexLock lock(mutex_);
    return changed_.wait_until(lock, deadline_in(kPatience), is_so);
  }
  // Under the lock, or when nothing more comes.
  std::vector<Json> spans;  // that were accepted
  std::vector<std::string> wrong;
  std::vector<std::string> keys;  // of the header x-api-key
  int requests = 0;

 private:
  void answer(const httplib::Request& request, httplib::Response& response) {
    MutexLock lock(mutex_);
    ++requests;
    keys.push_back(request.get_header_value("x-api-key"));
    if (request.get_header_value("Content-Type") != "application/json") wrong.push_back("type");
    std::vector<Json> sent;
    try {
      sent = spans_of(request.body);
    } catch (const std::exception& exception) {
      wrong.push_back(exception.what());
    }
    Answer told;
    if (!answers_.empty()) {
      told = answers_.front();
      answers_.pop_front();
    }
    changed_.notify_all();
    if (told.is_held) {
      changed_.wait_until(lock, deadline_in(kPatience), [this] { return is_released_; });
    }
    response.status = told.status;
    if (!told.retry_after.empty()) response.set_header("Retry-After", told.retry_after);
    response.set_content(told.body, "application/json");
    if (told.status == 200) spans.insert(spans.end(), sent.begin(), sent.end());
    changed_.notify_all();
  }

  httplib::Server http_;
  int port_ = 0;
  Mutex mutex_{"collector", ranks::kApp};
  ConditionVariable changed_{"collector.changed"};
  std::deque<Answer> answers_;
  bool is_released_ = false;
  Thread thread_;
};

std::shared_ptr<SpanExporter> exporter_to(const std::string& endpoint, OtlpOptions options = {}) {
  options.endpoint = endpoint;
  options.service_name = "billing";
  options.retry_first = 1ms;
  options.retry_max = 5ms;
  options.tell_every = 0s;
  return make_otlp_exporter(std::move(options)).value();
}

// ---- Arriving

TEST(OtlpExporter, SpansArriveCompleteAndInTheFormOfTheProtocol) {
  Collector collector;
  const auto exporter =
      exporter_to(collector.endpoint(), {.batch_most = 40, .headers = {{"x-api-key", "k1"}}});
  Span failed = span_number(1'000);
  failed.parent = {};
  failed.links = {span_number(7).context};
  failed.has_failed = true;
  failed.error_message = "no \xff UTF-8";
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(exporter->export_spans(spans(1 + 10 * static_cast<std::uint64_t>(i), 10)));
  }
  ASSERT_TRUE(exporter->export_spans({failed}));
  ASSERT_TRUE(exporter->flush(deadline_in(kPatience)));
  EXPECT_THAT(collector.wrong, IsEmpty());
  ASSERT_THAT(collector.spans, SizeIs(101));
  std::set<std::string> ids;
  for (const Json& span : collector.spans) ids.insert(span.at("spanId").get<std::string>());
  EXPECT_THAT(ids, SizeIs(101)) << "each once";
  EXPECT_EQ(collector.keys.front(), "k1");
  const Json& first = collector.spans.front();
  EXPECT_EQ(first["traceId"], "00000000000000010000000000000abc");
  EXPECT_EQ(first["parentSpanId"], "00000000000000b7");
  EXPECT_EQ(first["traceState"], "rojo=1");
  EXPECT_EQ(first["kind"], 5);
  EXPECT_EQ(first["startTimeUnixNano"], "1700000000000000000");
  EXPECT_EQ(first["endTimeUnixNano"], "1700000000001500000");
  EXPECT_EQ(first["attributes"][1], Json::parse(R"({"key":"messaging.kafka.offset",
                            "value":{"intValue":"9007199254740993"}})"));
  EXPECT_FALSE(first.contains("status"));
  const Json& last = collector.spans.back();
  EXPECT_FALSE(last.contains("parentSpanId"));
  EXPECT_EQ(last["links"][0]["spanId"], "0000000000000007");
  EXPECT_EQ(last["status"], Json::parse("{\"code\":2,\"message\":\"no \xef\xbf\xbd UTF-8\"}"));
}

TEST(OtlpExporter, ASpanWaitsForOthersAsLongAsItIsTold) {
  Collector collector;
  const auto exporter = exporter_to(collector.endpoint(), {.batch_wait = 20ms});
  for (std::uint64_t i = 1; i <= 10; ++i) {  // whatever the exporter waits for meanwhile
    ASSERT_TRUE(exporter->export_spans(spans(i, 1)) &&
                collector.wait_for([&] { return collector.spans.size() == i; }));
  }
}

// ---- Trouble

TEST(OtlpExporter, ACollectorThatIsBusyIsAskedAgain) {
  Collector collector;
  collector.will_answer({{.status = 503},
                         {.status = 429, .retry_after = "0"},
                         {.status = 502, .retry_after = "Wed, 21 Oct 2026 07:28:00 GMT"},
                         {.status = 504}});
  const auto exporter = exporter_to(collector.endpoint());
  EXPECT_TRUE(exporter->export_spans(spans(1, 3)) && exporter->flush(deadline_in(kPatience)));
  EXPECT_EQ(collector.requests, 5);
  EXPECT_THAT(collector.spans, SizeIs(3));
}

TEST(OtlpExporter, RetryAfterIsWaitedForAndBoundsFlush) {
  Collector collector;
  collector.will_answer({{.status = 503, .retry_after = "3600"}});
  const auto exporter = exporter_to(collector.endpoint(), {.give_up_after = 2h});
  ASSERT_TRUE(exporter->export_spans(spans(1, 3)));
  const Status flushed = exporter->flush(deadline_in(500ms));
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, ErrorCode::kTimedOut);
  EXPECT_THAT(flushed.error().message, HasSubstr("3 spans have not gone out in time"));
  EXPECT_THAT(flushed.error().message, HasSubstr("503"));
  EXPECT_EQ(collector.requests, 1) << "not asked again before";
}

TEST(OtlpExporter, WhatWouldHaveToWaitTooLongIsDroppedAndTold) {
  Collector collector;
  collector.will_answer({{.status = 503, .retry_after = "3600"}});
  const auto exporter = exporter_to(collector.endpoint());
  ASSERT_TRUE(exporter->export_spans(spans(1, 3)));
  const Status flushed = exporter->flush(deadline_in(kPatience));
  ASSERT_FALSE(flushed);
  EXPECT_THAT(flushed.error().message, HasSubstr("3 spans were dropped"));
}

TEST(OtlpExporter, WhatIsRefusedIsDroppedAndTold) {
  Collector collector;
  collector.will_answer({{.status = 400, .body = "bad spans"}});
  const auto exporter = exporter_to(collector.endpoint());
  ASSERT_TRUE(exporter->export_spans(spans(1, 3)));
  const Status flushed = exporter->flush(deadline_in(kPatience));
  ASSERT_FALSE(flushed);
  EXPECT_THAT(flushed.error().message, HasSubstr("3 spans were dropped"));
  EXPECT_THAT(flushed.error().message, HasSubstr("the collector answered 400: bad spans"));
  EXPECT_EQ(collector.requests, 1);
  EXPECT_TRUE(exporter->export_spans(spans(4, 1)) && exporter->flush(deadline_in(kPatience)));
}

TEST(OtlpExporter, WhatIsRejectedOfAnAcceptedRequestIsTold) {
  Collector collector;
  collector.will_answer(
      {{.body = R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}})"}});
  const auto exporter = exporter_to(collector.endpoint());
  ASSERT_TRUE(exporter->export_spans(spans(1, 3)));
  const Status flushed = exporter->flush(deadline_in(kPatience));
  ASSERT_FALSE(flushed);
  EXPECT_THAT(flushed.error().message, HasSubstr("2 spans were dropped"));
  EXPECT_THAT(flushed.error().message, HasSubstr("too old"));
}

TEST(OtlpExporter, ACollectorThatIsSlowFillsTheQueueAndBlocksNobody) {
  Collector collector;
  collector.will_answer({{.is_held = true}});
  const auto exporter = exporter_to(collector.endpoint(), {.queue_most = 10, .batch_most = 1});
  ASSERT_TRUE(exporter->export_spans(spans(1, 1)));
  ASSERT_TRUE(collector.wait_for([&] { return collector.requests == 1; }));
  ASSERT_TRUE(exporter->export_spans(spans(2, 10)));
  const Status full = exporter->export_spans(spans(12, 3));
  ASSERT_FALSE(full);
  EXPECT_THAT(full.error().message, HasSubstr("3 spans were dropped"));
  EXPECT_THAT(full.error().message, HasSubstr("the queue is full"));
  collector.release();
  EXPECT_TRUE(exporter->flush(deadline_in(kPatience))) << "told once";
  EXPECT_THAT(collector.spans, SizeIs(11));
}

TEST(OtlpExporter, ACollectorThatIsAwayIsToldAtTheEnd) {
  std::string endpoint;
  {
    Collector gone;
    endpoint = gone.endpoint();
  }
  const auto exporter = exporter_to(endpoint);
  ASSERT_TRUE(exporter->export_spans(spans(1, 3)));
  const Status flushed = exporter->flush(deadline_in(200ms));
  ASSERT_FALSE(flushed);
  EXPECT_THAT(flushed.error().message, HasSubstr("the collector is not reached"));
}

TEST(OtlpExporter, EndsWhileARequestIsUnderWay) {
  Collector collector;
  collector.will_answer({{.is_held = true}});
  {
    const auto exporter =
        exporter_to(collector.endpoint(), {.batch_most = 1, .request_timeout = 1h});
    ASSERT_TRUE(exporter->export_spans(spans(1, 1)));
    ASSERT_TRUE(collector.wait_for([&] { return collector.requests == 1; }));
  }
  collector.release();
}

}  // namespace
}  // namespace rookery
