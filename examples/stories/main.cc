// main.cc
//
// A program that copies one topic to another, record by record. Its names come from
// STORY_PREFIX. It stands still at a record of value "wait" until the file STORY_GATE is there.

#include <rookery/cli/main.h>
#include <rookery/processing/consumer.h>
#include <rookery/routing/app.h>
#include <rookery/runtime/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class Copier : public rookery::Consumer {
 public:
  explicit Copier(std::string prefix) : output_(std::move(prefix) + ".out") {}

 private:
  void consume(const rookery::Record& record) override {
    if (record.value().view() == "wait") {
      while (::access(gate_.c_str(), F_OK) != 0) rookery::sleep_until(rookery::deadline_in(10ms));
    }
    producer().send({.topic = output_, .key = record.key(), .value = record.value()});
  }

  const std::string output_;
  const std::string gate_ = environment("STORY_GATE");
};

rookery::App copier_app() {
  const std::string prefix = environment("STORY_PREFIX");
  rookery::App app({.client_id = "copier", .concurrency = 2});
  app.group(prefix, {.commit_interval = 200ms})
      .topic(prefix + ".in", {.consumer = rookery::consumer<Copier>(prefix)});
  return app;
}

}  // namespace

int main(int argc, char** argv) { return rookery::main(copier_app, argc, argv); }
