// signal_stop_test.cc
//
// run_server in a process of its own, stopped by a real signal while its consumers are in the
// middle of something: its exit code, and what it has committed then.
//
// 0 while brokers answer, 2 when none does or a consumer never returns. Either way what is
// committed is what consumers were done with, and whose outputs were acknowledged: never more.
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <map>
#include <sstream>
#include <string>
#include <tuple>

extern char** environ;

namespace rookery::stopping {
namespace {

using namespace std::chrono_literals;

constexpr const char* kProgram = "simulations/stop/signalled_main";
constexpr int kPartitions = 2;
// For each thing the program is waited for: generous, for slow machines; then it is shown and
// killed. Its own limits add up to 22 s.
constexpr Duration kPatience = 90s;

// The program, its orders, and all it says on both outputs.
class Signalled {
 public:
  explicit Signalled(std::string situation) {
    int orders[2] = {-1, -1};
    int words[2] = {-1, -1};
    EXPECT_EQ(::pipe2(orders, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(words, O_CLOEXEC), 0);
    ::signal(SIGPIPE, SIG_IGN);  // one that is gone must not end the test
    orders_ = orders[1];
    output_ = words[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, orders[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, words[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, words[1], STDERR_FILENO);
    std::string program = kProgram;
    std::array<char*, 3> arguments = {program.data(), situation.data(), nullptr};
    EXPECT_EQ(::posix_spawn(&pid_, kProgram, &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(orders[0]);
    ::close(words[1]);
  }
  ~Signalled() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(orders_);
    ::close(output_);
  }
  Signalled(const Signalled&) = delete;
  Signalled& operator=(const Signalled&) = delete;

  // Until it has said so, anywhere in a line.
  ::testing::AssertionResult await(const std::string& words) {
    const TimePoint deadline = deadline_in(kPatience);
    while (text_.find(words) == std::string::npos) {
      if (!read_more(deadline)) {
        ask_for_stacks();
        return ::testing::AssertionFailure() << "it did not say \"" << words << "\":\n" << text_;
      }
    }
    return ::testing::AssertionSuccess();
  }
  void order(char what) { EXPECT_EQ(::write(orders_, &what, 1), 1); }
  void signal(int number) { EXPECT_EQ(::kill(pid_, number), 0); }

  // Its exit code; -1: it was ended by a signal, or does not end.
  int wait() {
    const TimePoint deadline = deadline_in(kPatience);
    while (read_more(deadline)) {
    }
    if (!is_silent_) {
      ask_for_stacks();
      return -1;
    }
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  // By partition, the last that was said of it: "returned" or "committed".
  std::map<int, int> last(const std::string& what) const {
    std::map<int, int> all;
    std::istringstream lines(text_);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string word;
      int partition = -1;
      int offset = -1;
      if (words >> word >> partition >> offset && word == what) all[partition] = offset;
    }
    return all;
  }
  const std::string& text() const { return text_; }

 private:
  // False: the deadline came, or it has closed its outputs, as who is gone has.
  bool read_more(TimePoint deadline) {
    pollfd source{.fd = output_, .events = POLLIN, .revents = 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
    if (left <= 0 || ::poll(&source, 1, static_cast<int>(left)) <= 0) return false;
    std::array<char, 4096> part{};
    const ssize_t got = ::read(output_, part.data(), part.size());
    is_silent_ = got <= 0;
    if (got > 0) text_.append(part.data(), static_cast<std::size_t>(got));
    return got > 0;
  }
  // TTIN: all stacks and the server's picture.
  void ask_for_stacks() {
    if (is_silent_) return;
    ::kill(pid_, SIGTTIN);
    const TimePoint deadline = deadline_in(5s);
    while (read_more(deadline)) {
    }
  }

  pid_t pid_ = -1;
  int orders_ = -1;
  int output_ = -1;
  bool is_silent_ = false;
  std::string text_;
};

struct Situation {
  const char* name;
  bool is_struck;     // something happens before the signal
  bool returns;       // consumers return afterwards
  int right;          // exit code
  bool may_be_ahead;  // consumers are done with more than can be committed
};

constexpr Situation kCalm{"calm", false, true, 0, false};
constexpr Situation kRevocation{"revocation", true, true, 0, false};
constexpr Situation kSilence{"silence", true, true, 2, true};
constexpr Situation kCrash{"crash", true, true, 2, true};
constexpr Situation kHang{"hang", false, false, 2, false};
// Where consumers stand when the signal comes (signalled_main.cc).
constexpr int kMiddle = 10;

class SignalStop : public ::testing::TestWithParam<std::tuple<Situation, int>> {};

TEST_P(SignalStop, ExitCodeAndCommits) {
  const auto& [situation, number] = GetParam();
  const std::string signal_name = std::string("SIG") + sigabbrev_np(number);
  Signalled program(situation.name);
  for (int partition = 0; partition < kPartitions; ++partition) {
    const std::string middle = std::to_string(partition) + " " + std::to_string(kMiddle);
    ASSERT_TRUE(program.await("committed " + middle + "\n"));
  }
  if (situation.is_struck) {
    program.order('s');
    ASSERT_TRUE(program.await("in the middle\n"));
  }
  for (int partition = 0; partition < kPartitions; ++partition) {
    ASSERT_TRUE(program.await("waiting " + std::to_string(partition) + " "));
  }
  program.signal(number);
  ASSERT_TRUE(program.await("received " + signal_name));
  if (situation.returns) program.order('g');
  EXPECT_EQ(program.wait(), situation.right) << program.text();

  const std::map<int, int> returned = program.last("returned");
  const std::map<int, int> committed = program.last("committed");
  ASSERT_EQ(returned.size(), std::size_t{kPartitions}) << program.text();
  if (!situation.may_be_ahead) {
    EXPECT_EQ(committed, returned) << program.text();
    EXPECT_EQ(returned.at(0) > kMiddle, situation.returns);
    return;
  }
  // What was done when brokers were silent or gone has outputs that nobody acknowledged.
  EXPECT_GT(returned.at(0), kMiddle);
  for (const auto& [partition, offset] : committed) EXPECT_EQ(offset, kMiddle) << program.text();
}

INSTANTIATE_TEST_SUITE_P(RunServer, SignalStop,
                         ::testing::Combine(::testing::Values(kCalm, kRevocation, kSilence, kCrash,
                                                              kHang),
                                            ::testing::Values(SIGTERM, SIGINT, SIGQUIT)),
                         [](const auto& made) {
                           return std::string(std::get<0>(made.param).name) + "_SIG" +
                                  sigabbrev_np(std::get<1>(made.param));
                         });

}  // namespace
}  // namespace rookery::stopping
