// administrators.cc
//
// Answers are whichever broker's that is asked.
#include "simulations/contract/administrators.h"

#include <utility>

namespace rookery::contract {

std::unique_ptr<Admin> make_administrator(Contract& test) {
  auto admin = Admin::make(test.transport(), {}, {.max_retries_duration = kPatience});
  EXPECT_TRUE(admin) << admin.error().text();
  return *std::move(admin);
}

void await_gone(Contract& test, const std::string& topic) {
  int times = 0;
  ASSERT_TRUE(wait_until(
      [&] {
        const auto seen = test.admin().describe({topic}, deadline_in(kPatience));
        times = seen ? 0 : times + 1;
        return times == 10;
      },
      [&] { return topic + " is still there"; }));
}

}  // namespace rookery::contract
