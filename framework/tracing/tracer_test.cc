// tracer_test.cc
//
// What a span says of the broker, of a record and of an error.
#include <rookery/tracing/tracer.h>

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <variant>

namespace rookery {
namespace {

Span sent(const std::string& broker, const OutgoingRecord& record = {.topic = "out"}) {
  const Tracer tracer({}, "server-1", "billing", broker, [](const Error&) {});
  return tracer.send(record, {.parent = tracer.begin_trace()});
}

std::string text_of(const Span& span, const std::string& name) {
  const AttributeValue* value = span.attribute(name);
  if (value == nullptr) return "none";
  if (const auto* number = std::get_if<std::int64_t>(value)) return std::to_string(*number);
  return std::get<std::string>(*value);
}

TEST(Tracer, NamesTheOneBrokerOfBootstrapServers) {
  for (const auto& [broker, address, port] :
       {std::tuple("kafka-1:9092", "kafka-1", "9092"), std::tuple("kafka-1", "kafka-1", "none"),
        std::tuple("SASL_SSL://kafka-1:9093", "kafka-1", "9093"),
        std::tuple("PLAINTEXT://kafka-1", "kafka-1", "none"),
        std::tuple("[::1]:9092", "::1", "9092"), std::tuple("SSL://[fe80::ab]", "fe80::ab", "none"),
        std::tuple("kafka-1:9092,kafka-2:9092", "none", "none"), std::tuple("", "none", "none")}) {
    EXPECT_EQ(text_of(sent(broker), "server.address"), address) << broker;
    EXPECT_EQ(text_of(sent(broker), "server.port"), port) << broker;
  }
}

TEST(Tracer, CutsALongKeyBehindAWholeCharacter) {
  const auto key_of = [](const std::string& key) {
    return text_of(sent("", {.topic = "out", .key = Bytes(key)}), "messaging.kafka.message.key");
  };
  const std::string most(kSpanTextMost, 'k');
  EXPECT_EQ(key_of(most), most);
  EXPECT_EQ(key_of(most + "more"), most);
  const std::string most_but_two(kSpanTextMost - 2, 'k');
  EXPECT_EQ(key_of(most_but_two + "\u20ac"), most_but_two) << "three bytes";
  EXPECT_EQ(key_of(most_but_two + "\u00e9" + "more"), most_but_two + "\u00e9") << "two";
  EXPECT_EQ(key_of("\xff"), "none");
  EXPECT_EQ(key_of(std::string(2 * kSpanTextMost, '\xbf')), "none");
}

TEST(Tracer, CutsALongMessageOfAnError) {
  Span span = sent("");
  Tracer::fail(span, "Refused", std::string(2 * kSpanTextMost, 'm'));
  EXPECT_EQ(span.error_message, std::string(kSpanTextMost, 'm'));
  EXPECT_EQ(text_of(span, "error.type"), "Refused");
}

}  // namespace
}  // namespace rookery
