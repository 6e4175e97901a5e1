// output_timeout_test.cc
//
// The promise: a consumer's send waits for room in the producer's buffer as long as output_timeout
// says, in its unit, and not a moment longer; then the record fails and is retried.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "simulations/unit/consumer_unit.h"

namespace rookery::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

App forwarding(std::optional<Duration> output_timeout) {
  App app({.client_id = "billing", .output_timeout = output_timeout});
  app.group("billing").topic("orders.v1",
                             {.consumer = consumer([](const Record&, ConsumerContext& context) {
                                context.outputs().send({.topic = "invoices.v1"});
                              })});
  return app;
}

void expect_to_wait(std::optional<Duration> output_timeout, Duration time, const char* text) {
  UnitOfRoute billing(forwarding(output_timeout), "billing", "orders.v1");
  billing.fill_buffer();
  billing.produce({.value = "1"}).run();
  billing.advance(time - 1ns);
  EXPECT_THAT(billing.errors(), IsEmpty());
  billing.advance(1ns);
  ASSERT_THAT(billing.errors(), SizeIs(1));
  EXPECT_THAT(billing.errors()[0].message, HasSubstr(text));
  EXPECT_EQ(billing.marked(), 0);
  billing.acknowledge();
  billing.advance(10s);  // its backoff passes
  EXPECT_THAT(billing.produced(), SizeIs(1));
  EXPECT_EQ(billing.marked(), 1);
}

TEST(OutputTimeout, EndsAtItsLastNanosecond) { expect_to_wait(7ms, 7ms, " 7ms waited"); }

TEST(OutputTimeout, IsTwoMinutesUnlessSaid) { expect_to_wait({}, 2min, " 2m waited"); }

}  // namespace
}  // namespace rookery::testing
