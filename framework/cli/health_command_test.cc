// health_command_test.cc
//
// What the health command makes of a probe's answer.
#include <rookery/cli/health_command.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rookery {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string answer(const std::string& errors) {
  return R"({"status":"any","timestamp":1,"port":3000,"process_id":17,"errors":)" + errors + "}";
}
const std::string kNone =
    R"({"polling_ttl_exceeded":false,"consumption_ttl_exceeded":false,"unrecoverable":false})";

HealthOutcome read(const HealthCommandOptions& options, int status, const std::string& errors) {
  const auto outcome = read_health(options, status, answer(errors));
  EXPECT_TRUE(outcome) << errors;
  return outcome.value_or(HealthOutcome());
}

TEST(HealthCommand, SaysWhoIsAliveOrReady) {
  EXPECT_TRUE(read({}, 200, kNone).is_healthy);
  EXPECT_EQ(read({}, 200, kNone).text, "alive: process 17 at 127.0.0.1:3000");
  EXPECT_EQ(read({.port = 3001, .asks_ready = true}, 200, kNone).text,
            "ready: process 17 at 127.0.0.1:3001");
  EXPECT_EQ(read({.is_json = true}, 200, kNone).text, answer(kNone));
}

TEST(HealthCommand, SaysWhyNot) {
  const HealthOutcome starting = read({.asks_ready = true}, 500, kNone);
  EXPECT_FALSE(starting.is_healthy);
  EXPECT_EQ(starting.text, "not ready: process 17 at 127.0.0.1:3000: it starts, or it ends");
  const std::string errors =
      R"({"polling_ttl_exceeded":true,"consumption_ttl_exceeded":true,"unrecoverable":"kAuth"})";
  EXPECT_THAT(read({}, 500, errors).text,
              AllOf(HasSubstr("not alive: process 17"), HasSubstr("health.polling_ttl; "),
                    HasSubstr("health.consuming_ttl; "), HasSubstr("it cannot go on: kAuth")));
  EXPECT_EQ(read({.is_json = true}, 500, errors).text, answer(errors));
}

TEST(HealthCommand, KnowsAStranger) {
  for (const char* body : {"<html>no such page</html>", "[]", "{}", R"({"errors": 3})", ""}) {
    const auto outcome = read_health({.port = 8080}, 404, body);
    ASSERT_FALSE(outcome) << body;
    EXPECT_EQ(outcome.error().message,
              "what answers at 127.0.0.1:8080 (HTTP 404) is no Rookery server: is that its "
              "--health-port?");
  }
}

}  // namespace
}  // namespace rookery
