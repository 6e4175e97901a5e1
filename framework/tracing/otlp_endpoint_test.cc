// otlp_endpoint_test.cc
//
// What is an endpoint of a collector, and what is told of what is none.
#include <rookery/tracing/otlp_exporter.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rookery {
namespace {

using ::testing::HasSubstr;

TEST(OtlpEndpoint, IsAnOriginAndPerhapsAPath) {
  for (const char* good : {"http://collector", "http://127.0.0.1:4318", "http://[::1]:4318/",
                           "http://[::1]", "http://[fe80::ab]/otel", "http://gateway:80/otel"}) {
    EXPECT_TRUE(check_otlp_endpoint(good)) << good;
  }
  for (const char* bad : {"",
                          "collector:4318",
                          "https://collector",
                          "http://",
                          "http://:4318",
                          "http://c:x",
                          "http://c:0",
                          "http://c:65536",
                          "http://c:",
                          "http://c/?a",
                          "http://u@c",
                          "http://[::1",
                          "http://::1",
                          "http://fe80::ab:4318",
                          "http://[]",
                          "http://[]:4318",
                          "http://[c]:4318",
                          "http://[::1]4318",
                          "http://[::1]:",
                          "http://[::1]:x",
                          "http://c]:4318",
                          "http://c:43:18",
                          "http://[::1]]:4318",
                          "http://[fe80::ab%25eth0]:4318"}) {
    const Status checked = check_otlp_endpoint(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(checked.error().message, HasSubstr("'" + std::string(bad) + "'"));
  }
}

TEST(OtlpEndpoint, SaysWhatIsWrongWithAnAddressOfIpv6) {
  const auto why = [](const char* endpoint) {
    return check_otlp_endpoint(endpoint).error().message;
  };
  EXPECT_EQ(why("http://[::1"),
            "'http://[::1' is no endpoint: its address has no ']'; write http://host:port");
  EXPECT_THAT(why("http://::1"), HasSubstr("an address of IPv6 is in brackets"));
  EXPECT_THAT(why("http://[c]:4318"), HasSubstr("what is in brackets is no address of IPv6"));
  EXPECT_THAT(why("http://[::1]4318"), HasSubstr("behind ']' is no port"));
}

}  // namespace
}  // namespace rookery
