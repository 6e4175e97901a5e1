// idle_main.cc
//
// A program for tests of the command line: it has a topic, and does nothing with it.
#include <rookery/cli/main.h>

namespace {

rookery::App idle_app() {
  rookery::App app({.client_id = "idle", .tracing = {.sample_one_in = 10}});
  app.group("idle").topic("orders.v1",
                          {.consumer = rookery::consumer([](const rookery::Record&) {})});
  return app;
}

}  // namespace

int main(int argc, char** argv) { return rookery::main(idle_app, argc, argv); }
