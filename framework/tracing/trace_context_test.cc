// trace_context_test.cc
//
// traceparent and tracestate, by the rules of W3C Trace Context; the examples of its test suite's
// kind, and all that random text can be.
#include <rookery/tracing/trace_context.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace rookery {
namespace {

constexpr char kId[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kValid[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(Traceparent, IsReadWholeAndWrittenTheSame) {
  const auto context = parse_traceparent(kValid);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id.text(), kId);
  EXPECT_EQ(context->span_id.text(), "b7ad6b7169203331");
  EXPECT_TRUE(context->is_sampled);
  EXPECT_EQ(format_traceparent(*context), kValid);
}

TEST(Traceparent, OfFlagsOnlySampledIsPassedOn) {
  const std::string start(kValid, 53);
  EXPECT_TRUE(parse_traceparent(start + "03")->is_sampled);
  EXPECT_FALSE(parse_traceparent(start + "02")->is_sampled);
  EXPECT_EQ(format_traceparent(*parse_traceparent(start + "ff")), start + "01");
  EXPECT_EQ(format_traceparent(*parse_traceparent(start + "00")), start + "00");
}

TEST(Traceparent, OfAVersionToComeIsReadAsFarAsItIsKnown) {
  const std::string rest = std::string(kValid).substr(2);
  EXPECT_TRUE(parse_traceparent("01" + rest));
  EXPECT_TRUE(parse_traceparent("cc" + rest + "-what-the-future-will-be-like"));
  EXPECT_FALSE(parse_traceparent("cc" + rest + ".what"));
  EXPECT_FALSE(parse_traceparent("00" + rest + "-more"));
  EXPECT_FALSE(parse_traceparent("ff" + rest));
}

TEST(Traceparent, ThatBreaksARuleIsNone) {
  for (const std::string& text : {
           std::string(),
           std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"),
           std::string("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"),
           std::string("00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01"),
           std::string("00-00000000000000000000000000000000-b7ad6b7169203331-01"),
           std::string("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),
           std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x"),
           std::string("0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
           std::string("00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
           std::string("00-0af7651916cd43dd8448eb211c80319cb-7ad6b7169203331-01"),
           std::string(" ") + kValid,
           std::string(kValid) + " ",
           std::string(kValid) + "\n",
       }) {
    EXPECT_FALSE(parse_traceparent(text)) << "'" << text << "'";
  }
}

RC_GTEST_PROP(Traceparent, WhateverIsReadIsWrittenAndReadAgain, (const std::string& noise)) {
  std::string text = kValid;
  for (const char character : noise) {  // some places, by chance, get another character
    const auto place = *rc::gen::inRange<std::size_t>(0, text.size());
    text[place] = character;
  }
  const auto context = parse_traceparent(text);
  if (!context) return;
  const auto again = parse_traceparent(format_traceparent(*context));
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == *context);
}

RC_GTEST_PROP(Traceparent, WhateverIsWrittenIsRead,
              (std::uint64_t high, std::uint64_t low, std::uint64_t span, bool is_sampled)) {
  const TraceContext made{
      .trace_id = {.high = high, .low = low | 1}, .span_id = {span | 1}, .is_sampled = is_sampled};
  RC_ASSERT(parse_traceparent(format_traceparent(made)) == made);
}

// ---- tracestate

TEST(Tracestate, IsOneListWhateverHeadersItCameIn) {
  EXPECT_EQ(parse_tracestate({"rojo=00f067aa0ba902b7", "congo=t61rcWkgMzE"}),
            "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
  EXPECT_EQ(parse_tracestate({" a=1 ,\tb=2,", ",c = x"}), std::nullopt) << "a space in a key";
  EXPECT_EQ(parse_tracestate({" a=1 ,\tb=x y,", ",c=3"}), "a=1,b=x y,c=3");
  EXPECT_EQ(parse_tracestate({"", ",,"}), "");
}

TEST(Tracestate, KnowsWhatAKeyMayBe) {
  for (const char* good : {"a=1", "a0_-*/=1", "0tenant@sys=1", "t@s0=1"}) {
    EXPECT_EQ(parse_tracestate({good}), good);
  }
  for (const char* bad : {"A=1", "0a=1", "=1", "a", "a=", "a@=1", "@s=1", "a@0s=1", "a@b@c=1",
                          "a.b=1", "a=1,a=2", "a=b=c", "a=\x7f"}) {
    EXPECT_EQ(parse_tracestate({bad}), std::nullopt) << bad;
  }
}

TEST(Tracestate, HasLimitsOfLengthAndCount) {
  EXPECT_TRUE(parse_tracestate({std::string(256, 'k') + "=" + std::string(256, 'v')}));
  EXPECT_FALSE(parse_tracestate({std::string(257, 'k') + "=v"}));
  EXPECT_FALSE(parse_tracestate({"k=" + std::string(257, 'v')}));
  EXPECT_TRUE(parse_tracestate({std::string(241, 't') + "@" + std::string(14, 's') + "=1"}));
  EXPECT_FALSE(parse_tracestate({std::string(242, 't') + "@s=1"}));
  EXPECT_FALSE(parse_tracestate({"t@" + std::string(15, 's') + "=1"}));
  std::string many;
  for (int i = 0; i < 32; ++i) many += "k" + std::to_string(i) + "=1,";
  EXPECT_TRUE(parse_tracestate({many}));
  EXPECT_FALSE(parse_tracestate({many + "one_more=1"}));
}

// ---- Headers

TEST(TraceContexts, AreOfTheLastTraceparentAndAllTracestates) {
  const Headers headers{{"traceparent", "nonsense"},
                        {"tracestate", "a=1"},
                        {"traceparent", kValid},
                        {"tracestate", "b=2"}};
  const auto context = context_in(headers);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->state, "a=1,b=2");
}

TEST(TraceContexts, LoseAStateThatBreaksTheRulesAndNothingElse) {
  const auto context = context_in({{"traceparent", kValid}, {"tracestate", "A=1"}});
  ASSERT_TRUE(context);
  EXPECT_EQ(context->state, "");
  EXPECT_FALSE(context_in({{"tracestate", "a=1"}})) << "a state alone is no context";
  EXPECT_FALSE(context_in({{"traceparent", nullptr}}));
}

TEST(TraceContexts, TakeThePlaceOfThoseThatWereThere) {
  const Headers headers{
      {"traceparent", "old"}, {"kind", "order"}, {"tracestate", "a=1"}, {"kind", nullptr}};
  TraceContext context = *parse_traceparent(kValid);
  EXPECT_EQ(with_context(headers, context),
            (Headers{{"kind", "order"}, {"kind", nullptr}, {"traceparent", kValid}}));
  context.state = "b=2";
  const Headers with_state = with_context(headers, context);
  EXPECT_EQ(with_state.last("tracestate"), Bytes("b=2"));
  EXPECT_EQ(context_in(with_state), context);
}

}  // namespace
}  // namespace rookery
