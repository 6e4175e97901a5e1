// main.cc
//
// The book's server. AUDIT_REPAIR_FROM, in milliseconds since the epoch, has it written anew from
// there on; leave it set until the next repair: each partition goes back once.

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "examples/audit/audit_app.h"

int main(int argc, char** argv) {
  const auto repair = std::make_shared<audit::Repair>();
  if (const char* from = std::getenv("AUDIT_REPAIR_FROM")) {
    const std::string_view text = from;
    long long milliseconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
    if (error != std::errc() || end != text.data() + text.size()) {
      std::fprintf(stderr, "AUDIT_REPAIR_FROM: not milliseconds: '%s'\n", from);
      return 1;
    }
    repair->from = rookery::Timestamp(std::chrono::milliseconds(milliseconds));
  }
  return rookery::main([repair] { return audit::audit_app_with(repair); }, argc, argv);
}
