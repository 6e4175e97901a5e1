// harness.cc
//
// Quick settings, events as text, hooks as callables.
#include <rookery/processing/testing/harness.h>

#include <gtest/gtest.h>

#include <utility>

namespace rookery::fakes {
namespace {

using namespace std::chrono_literals;

App app_of(TopicOptions topic, GroupOptions group, AppOptions options) {
  if (!topic.retry_backoff)
    topic.retry_backoff = RetryBackoff{.first = 1ms, .max = 4ms, .factor = 2, .jitter_percent = 0};
  if (!group.commit_interval) group.commit_interval = 5ms;
  if (!group.revocation_grace) group.revocation_grace = 15s;
  if (!options.shutdown_timeout) options.shutdown_timeout = 15s;
  if (!options.concurrency) options.concurrency = 2;
  App app(std::move(options));
  app.group("billing", std::move(group)).topic("orders", std::move(topic));
  return app;
}

class Hooked final : public Consumer {
 public:
  Hooked(Board& board, Hooks hooks, std::function<void(const Record&, ConsumerContext&)> consume)
      : board_(board), hooks_(std::move(hooks)), consume_(std::move(consume)) {
    board_.note("born");
  }
  ~Hooked() override { board_.note("gone"); }

  void attach(ConsumerContext& context) override {
    Consumer::attach(context);
    context_ = &context;
  }
  void initialized() override {
    if (hooks_.initialized) hooks_.initialized();
  }
  void eofed() override {
    if (hooks_.eofed) hooks_.eofed(*context_);
  }
  void tick() override {
    if (hooks_.tick) hooks_.tick(*context_);
  }
  void revoked() override {
    if (hooks_.revoked) hooks_.revoked(*context_);
  }
  void shutdown() override {
    if (hooks_.shutdown) hooks_.shutdown(*context_);
  }

 private:
  void consume(const Record& record) override { consume_(record, *context_); }

  Board& board_;
  const Hooks hooks_;
  const std::function<void(const Record&, ConsumerContext&)> consume_;
  ConsumerContext* context_ = nullptr;
};

}  // namespace

void write_events(Monitor& monitor, Board& board) {
  monitor.subscribe([&board](const Event& event) {
    if (event.kind == EventKind::kCommitted) return;  // as many as commit intervals
    std::string line = name(event.kind);
    if (!event.error_type.empty()) line += " " + event.error_type;
    if (!event.error_class.empty()) line += " " + event.error_class;
    if (event.partition) line += " " + event.partition->text();
    if (event.offset) line += "@" + std::to_string(*event.offset);
    if (!event.message.empty()) line += ": " + event.message;
    board.note(std::move(line));
  });
}

ConsumerFactory hooked(Board& board, Hooks hooks,
                       std::function<void(const Record&, ConsumerContext&)> consume) {
  return [&board, hooks = std::move(hooks), consume = std::move(consume)] {
    return std::make_unique<Hooked>(board, hooks, consume);
  };
}

ServerHarness::ServerHarness(Board& board, TopicOptions topic, GroupOptions group, AppOptions app)
    : transport(board) {
  write_events(monitor, board);
  server_ =
      std::make_unique<Server>(app_of(std::move(topic), std::move(group), std::move(app)),
                               transport, ServerOptions{.id = "server-1", .monitor = &monitor});
}

ServerHarness::~ServerHarness() = default;

void ServerHarness::start() {
  is_started_ = true;
  const Status started = server_->start();
  ASSERT_TRUE(started) << started.error().text();
}

std::shared_ptr<FakeStream> ServerHarness::assign(const TopicPartition& partition, Offset first) {
  if (!is_started_) start();
  return group().assign(partition, first);
}

ExitCode ServerHarness::stop() {
  server_->stop();
  return server_->wait();
}

}  // namespace rookery::fakes
