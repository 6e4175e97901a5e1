// member_process.cc
//
// posix_spawn, with a pipe for its orders and one for what it says.
#include "simulations/contract/member_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

extern char** environ;

namespace rookery::contract {
namespace {

constexpr const char* kProgram = "simulations/contract/other_member_main";

class MemberProcess final : public OtherMember {
 public:
  explicit MemberProcess(std::vector<std::string> words) {
    int orders[2] = {-1, -1};
    int words_of_it[2] = {-1, -1};
    if (::pipe2(orders, O_CLOEXEC) != 0 || ::pipe2(words_of_it, O_CLOEXEC) != 0) {
      ADD_FAILURE() << "no pipes";
      return;
    }
    // One that is gone must not end the test.
    ::signal(SIGPIPE, SIG_IGN);
    orders_ = orders[1];
    output_ = words_of_it[0];
    ::fcntl(output_, F_SETFL, O_NONBLOCK);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, orders[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, words_of_it[1], STDOUT_FILENO);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int error =
        ::posix_spawn(&pid_, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(orders[0]);
    ::close(words_of_it[1]);
    if (error != 0) {
      pid_ = -1;
      ADD_FAILURE() << words.front() << ": error " << error;
    }
  }
  // Killed: a group waits for its session then, as for any process that is.
  ~MemberProcess() override {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(orders_);
    ::close(output_);
  }
  MemberProcess(const MemberProcess&) = delete;
  MemberProcess& operator=(const MemberProcess&) = delete;

  void freeze() override {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGSTOP);
    // A signal is on its way when kill returns.
    int status = 0;
    ::waitpid(pid_, &status, WUNTRACED);
    EXPECT_TRUE(WIFSTOPPED(status)) << "status " << status;
  }
  void thaw() override {
    if (pid_ > 0) ::kill(pid_, SIGCONT);
  }
  void order_commit() override { EXPECT_EQ(::write(orders_, "commit\n", 7), 7); }
  std::vector<std::string> said() override {
    std::array<char, 512> part{};
    for (ssize_t got = 0; (got = ::read(output_, part.data(), part.size())) > 0;) {
      text_.append(part.data(), static_cast<std::size_t>(got));
    }
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text_.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      lines.push_back(text_.substr(begin, end - begin));
    }
    return lines;
  }

 private:
  pid_t pid_ = -1;
  int orders_ = -1;
  int output_ = -1;
  std::string text_;
};

}  // namespace

std::unique_ptr<OtherMember> start_member_process(const ConfigMap& common,
                                                  const OtherMemberSettings& settings) {
  std::vector<std::string> words = {kProgram, "group=" + settings.group, "topic=" + settings.topic,
                                    "session=" + settings.session_timeout_ms};
  for (const auto& [name, value] : common) words.push_back(name + "=" + value);
  return std::make_unique<MemberProcess>(std::move(words));
}

}  // namespace rookery::contract
