// health_server_test.cc
//
// Probes of a server at work, hung, failing and ending, over HTTP.
#include <rookery/health/health_server.h>
#include <rookery/processing/testing/harness.h>

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using fakes::Board;
using fakes::FakeGroup;
using fakes::kPartition;
using fakes::ServerHarness;

constexpr Duration kPatience = 20s;

class Probe {
 public:
  explicit Probe(int port) : port_(port), client_("127.0.0.1", port) {}

  httplib::Result get(const std::string& path) { return client_.Get(path); }
  int status(const std::string& path) {
    const httplib::Result answer = get(path);
    EXPECT_TRUE(answer) << httplib::to_string(answer.error());
    return answer ? answer->status : 0;
  }
  nlohmann::json body(const std::string& path) {
    const httplib::Result answer = get(path);
    EXPECT_TRUE(answer) << httplib::to_string(answer.error());
    return answer ? nlohmann::json::parse(answer->body) : nlohmann::json();
  }
  void wait_for_status(const std::string& path, int wanted) {
    const TimePoint deadline = deadline_in(kPatience);
    int last = status(path);
    while (last != wanted && now() < deadline) last = status(path);
    EXPECT_EQ(last, wanted) << path << ": " << body(path).dump();
  }
  int port() const { return port_; }

 private:
  const int port_;
  httplib::Client client_;
};

class SilentConnection {
 public:
  explicit SilentConnection(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0)
        << std::strerror(errno);
  }
  ~SilentConnection() { ::close(socket_); }
  SilentConnection(const SilentConnection&) = delete;
  SilentConnection& operator=(const SilentConnection&) = delete;

 private:
  const int socket_;
};

// A server of the harness and its probe.
struct Probed {
  explicit Probed(Board& board, ConsumerFactory consumer, HealthLimits limits = {},
                  GroupOptions group = {})
      : harness(board, {.consumer = std::move(consumer), .consume_timeout = 20ms},
                std::move(group)) {
    auto started = HealthServer::start(harness.server(),
                                       {.address = "127.0.0.1", .port = 0, .limits = limits});
    if (!started) throw std::runtime_error(started.error().text());
    health = std::move(*started);
    probe.emplace(health->port());
  }

  ServerHarness harness;
  std::unique_ptr<HealthServer> health;
  std::optional<Probe> probe;
};

ConsumerFactory idle() {
  return consumer([](const Record&) {});
}

TEST(HealthServer, FollowsAServersLife) {
  Board board;
  Probed probed(board, idle());
  Probe& probe = *probed.probe;
  EXPECT_EQ(probe.status("/live"), 200);
  EXPECT_EQ(probe.status("/ready"), 500) << "not started";
  probed.harness.assign();
  EXPECT_EQ(probe.status("/live"), 200);
  EXPECT_EQ(probe.status("/ready"), 200);
  const httplib::Result answer = probe.get("/live");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->get_header_value("Content-Type"), "application/json");
  const nlohmann::json body = nlohmann::json::parse(answer->body);
  EXPECT_EQ(body["status"], "healthy");
  EXPECT_EQ(body["port"], probe.port());
  EXPECT_GT(body["timestamp"], 1'700'000'000);
  EXPECT_EQ(body["process_id"], ::getpid());
  EXPECT_EQ(probed.harness.stop(), ExitCode::kClean);
  EXPECT_EQ(probe.status("/live"), 200) << "it ended in order";
  EXPECT_EQ(probe.status("/ready"), 500);
  EXPECT_EQ(probe.body("/ready")["status"], "unhealthy");
}

TEST(HealthServer, NoticesAControlThreadThatHangs) {
  Board board;
  Probed probed(board, idle(), {.polling_ttl = 30ms});
  Probe& probe = *probed.probe;
  bool hangs = false;
  probed.harness.group().on_poll = [&] {
    board.wait_for("the thread to go on", [&] { return !hangs; });
  };
  probed.harness.assign();
  // An error that is told is no tick, nor does it take one away.
  probed.harness.group().push_event(
      ConsumerError{.error = {.code = ErrorCode::kTransport, .message = "broker 2 is away"}});
  board.wait_for_notes("error.occurred connection");
  board.change([&] { hangs = true; });
  probe.wait_for_status("/live", 500);
  EXPECT_EQ(probe.status("/ready"), 500);
  const nlohmann::json errors = probe.body("/live")["errors"];
  EXPECT_EQ(errors["polling_ttl_exceeded"], true);
  EXPECT_EQ(errors["consumption_ttl_exceeded"], false);
  board.change([&] { hangs = false; });
  probe.wait_for_status("/live", 200);
  EXPECT_EQ(probed.harness.stop(), ExitCode::kClean);
  EXPECT_EQ(probe.status("/live"), 200) << "its last tick is forgotten";
}

// Errors took it down: no answer of theirs, nor the end that they began, hides that it is gone.
// What is done and not committed keeps it from an end in order, which needs no poll where nothing
// is due.
TEST(HealthServer, NoticesAControlThreadThatDiedOfItsErrors) {
  Board board;
  Probed probed(board, consumer([&](const Record&) { board.note("consumed"); }),
                {.polling_ttl = 30ms}, {.commit_interval = 1h});
  Probe& probe = *probed.probe;
  bool fails = false;
  probed.harness.group().on_poll = [&] {
    bool fails_now = false;
    board.look([&] { fails_now = fails; });
    if (fails_now) throw std::bad_alloc();
  };
  probed.harness.assign()->push(1);
  board.wait_for_notes("consumed");
  EXPECT_EQ(probe.status("/live"), 200);
  board.change([&] { fails = true; });
  EXPECT_EQ(probed.harness.server().wait(), ExitCode::kForced);
  const TimePoint deadline = deadline_in(kPatience);
  nlohmann::json errors;
  do {
    errors = probe.body("/live")["errors"];
  } while (errors["polling_ttl_exceeded"] != true && now() < deadline);
  EXPECT_EQ(errors["polling_ttl_exceeded"], true) << "it ended, but not in order";
  EXPECT_EQ(errors["unrecoverable"], "std::bad_alloc");
  EXPECT_EQ(probe.status("/live"), 500);
  EXPECT_EQ(probe.status("/ready"), 500);
}

TEST(HealthServer, NoticesAConsumerThatHangsAndForgetsWhatWasRevoked) {
  Board board;
  bool may_end = false;
  Probed probed(board, consumer([&](const Record&) {
                  board.note("begun");
                  board.wait_for("leave to end", [&] { return may_end; });
                }),
                {.consuming_ttl = 30ms}, {.revocation_grace = 1ms});
  Probe& probe = *probed.probe;
  const auto stream = probed.harness.assign();
  EXPECT_EQ(probe.status("/live"), 200);
  stream->push(1);
  board.wait_for_notes("begun");
  probe.wait_for_status("/live", 500);
  EXPECT_EQ(probe.body("/live")["errors"]["consumption_ttl_exceeded"], true);
  EXPECT_EQ(probe.body("/live")["errors"]["polling_ttl_exceeded"], false);
  // Its next owner has the record; what still runs here marks nothing.
  FakeGroup& group = probed.harness.group();
  group.wait_for_hand_back(group.revoke({stream}));
  probe.wait_for_status("/live", 200);
  board.change([&] { may_end = true; });
  EXPECT_EQ(probed.harness.stop(), ExitCode::kClean);
}

TEST(HealthServer, ALostPartitionsRunIsForgottenAtOnce) {
  Board board;
  bool may_end = false;
  Probed probed(board, consumer([&](const Record&) {
                  board.note("begun");
                  board.wait_for("leave to end", [&] { return may_end; });
                }),
                {.consuming_ttl = 30ms});
  const auto stream = probed.harness.assign();
  stream->push(1);
  board.wait_for_notes("begun");
  probed.probe->wait_for_status("/live", 500);
  FakeGroup& group = probed.harness.group();
  group.wait_for_hand_back(group.revoke({stream}, /*is_lost=*/true));
  EXPECT_EQ(probed.probe->status("/live"), 200);
  board.change([&] { may_end = true; });
  EXPECT_EQ(probed.harness.stop(), ExitCode::kClean);
}

class Later final : public WaitingConsumer {
 public:
  explicit Later(Board* board, std::optional<Completion>* kept) : board_(*board), kept_(*kept) {}

 private:
  void consume(const Record&, Completion completion) override {
    board_.change([&] { kept_.emplace(std::move(completion)); });
    board_.note("begun");
  }

  Board& board_;
  std::optional<Completion>& kept_;
};

// Nothing of ours can mend what it waits for.
TEST(HealthServer, WorkThatFinishesLaterIsNoneThatHangs) {
  Board board;
  std::optional<Completion> kept;
  Probed probed(board, consumer<Later>(&board, &kept), {.consuming_ttl = 5ms});
  probed.harness.assign()->push(1);
  // It was seen to be under way for longer.
  board.wait_for_notes("consume.slow");
  EXPECT_EQ(probed.probe->status("/live"), 200);
  EXPECT_EQ(probed.harness.server().gauges().at(0).busy_lanes, 0U);
  EXPECT_TRUE(kept->done());
  probed.harness.group().wait_for_commit(kPartition, 1);
  EXPECT_EQ(probed.harness.stop(), ExitCode::kClean);
}

// Scanners, and meshes that connect ahead.
TEST(HealthServer, ConnectionsOnWhichNobodyAsksAreLetGo) {
  Board board;
  Probed probed(board, idle());
  std::vector<std::unique_ptr<SilentConnection>> silent;
  for (int i = 0; i < 10; ++i) {
    silent.push_back(std::make_unique<SilentConnection>(probed.probe->port()));
  }
  EXPECT_EQ(probed.probe->status("/live"), 200);
  for (int i = 0; i < 10; ++i) {
    silent.push_back(std::make_unique<SilentConnection>(probed.probe->port()));
  }
  probed.health.reset();  // and the end does not hang
}

TEST(HealthServer, AnErrorThatStopsTheServerIsNamed) {
  Board board;
  Probed probed(board, idle());
  Probe& probe = *probed.probe;
  probed.harness.assign();
  probed.harness.group().push_event(ConsumerError{
      .error = {.code = ErrorCode::kFencedInstanceId, .message = "another", .fatal = true}});
  EXPECT_EQ(probed.harness.server().wait(), ExitCode::kForced);
  EXPECT_EQ(probe.status("/live"), 500);
  EXPECT_EQ(probe.status("/ready"), 500);
  EXPECT_EQ(probe.body("/live")["errors"]["unrecoverable"], "FENCED_INSTANCE_ID");
}

TEST(HealthServer, SaysWhatItDoesNotHave) {
  Board board;
  Probed probed(board, idle());
  for (const char* path : {"/", "/metrics", "/live/"}) {
    const httplib::Result answer = probed.probe->get(path);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 404) << path;
    EXPECT_NE(answer->body.find("/ready"), std::string::npos) << answer->body;
  }
}

TEST(HealthServer, APortThatIsTakenIsAClearError) {
  Board board;
  Probed probed(board, idle());
  const auto second = HealthServer::start(probed.harness.server(),
                                          {.address = "127.0.0.1", .port = probed.probe->port()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kIo);
  EXPECT_EQ(second.error().message,
            "health: cannot listen on 127.0.0.1:" + std::to_string(probed.probe->port()) +
                ": Address already in use");
  const auto third = HealthServer::start(probed.harness.server(), {.port = 70'000});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().message, "health: port 70000: write 0 to 65535");
}

}  // namespace
}  // namespace rookery
