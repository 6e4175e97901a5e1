// child_process.cc
//
// posix_spawn, a descriptor of the process to wait on, and files for what it writes.

#include "examples/archive/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rookery/runtime/time.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace archive {
namespace {

void require(bool is_good, const char* what) {
  if (!is_good) throw std::system_error(errno, std::generic_category(), what);
}

std::string new_file() {
  const char* folder = std::getenv("TEST_TMPDIR");
  std::string path = std::string(folder != nullptr ? folder : "/tmp") + "/child.XXXXXX";
  const int descriptor = ::mkstemp(path.data());
  require(descriptor >= 0, "mkstemp");
  ::close(descriptor);
  return path;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> words, ChildOptions options)
    : output_path_(options.output.empty() ? new_file() : ""),
      errors_path_(options.errors.empty() ? new_file() : "") {
  int ends[2] = {-1, -1};
  if (options.has_input) {
    require(::pipe2(ends, O_CLOEXEC) == 0, "pipe2");
    input_ = ends[1];
    // A child that is gone must not end the test: write() says so.
    ::signal(SIGPIPE, SIG_IGN);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (options.has_input) {
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  const std::string output = options.output.empty() ? output_path_ : options.output;
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY, 0);
  const std::string errors = options.errors.empty() ? errors_path_ : options.errors;
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY, 0);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int error =
      ::posix_spawnp(&pid_, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (ends[0] >= 0) ::close(ends[0]);
  if (error != 0) throw std::system_error(error, std::generic_category(), words.front());
  // By number: glibc 2.36 declares pidfd_open for C only.
  pid_descriptor_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  require(pid_descriptor_ >= 0, "pidfd_open");
}

ChildProcess::~ChildProcess() {
  if (!exit_code_) {
    signal(SIGKILL);
    reap(rookery::kNever);
  }
  close_input();
  ::close(pid_descriptor_);
  if (!output_path_.empty()) ::unlink(output_path_.c_str());
  if (!errors_path_.empty()) ::unlink(errors_path_.c_str());
}

bool ChildProcess::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(input_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void ChildProcess::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

void ChildProcess::signal(int number) {
  if (!exit_code_) ::kill(pid_, number);
}

bool ChildProcess::reap(rookery::TimePoint deadline) {
  if (exit_code_) return true;
  pollfd ended{.fd = pid_descriptor_, .events = POLLIN, .revents = 0};
  for (;;) {
    int milliseconds = -1;
    if (deadline != rookery::kNever) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - rookery::now());
      milliseconds = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30));
    }
    const int answer = ::poll(&ended, 1, milliseconds);
    if (answer < 0 && errno == EINTR) continue;
    require(answer >= 0, "poll");
    if (answer == 0) return false;
    break;
  }
  int status = 0;
  require(::waitpid(pid_, &status, 0) == pid_, "waitpid");
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

std::optional<int> ChildProcess::exit_code(rookery::TimePoint deadline) {
  reap(deadline);
  return exit_code_;
}

bool ChildProcess::is_running() { return !reap(rookery::now()); }

std::string ChildProcess::output() const { return read_file(output_path_); }
std::string ChildProcess::errors() const { return read_file(errors_path_); }

}  // namespace archive
