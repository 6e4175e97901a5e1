// input.cc
//
// Plain reads of a file descriptor; apt-cache is a child process at the other end of a pipe.

#include "examples/archive/input.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace archive {

using rookery::ErrorCode;
using rookery::fail;
using rookery::Result;
using rookery::Status;

namespace {

// Thread-safe, as strerror is not.
std::string reason(int error) { return std::generic_category().message(error); }

// What it says on standard error is dropped: its exit code becomes our message.
int spawn_apt_cache(int output, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  if (const int error = posix_spawn_file_actions_init(&actions); error != 0) return error;
  int error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (error == 0) {
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  if (error == 0) {
    error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  char program[] = "apt-cache";
  char command[] = "dumpavail";
  char* const arguments[] = {program, command, nullptr};
  if (error == 0) error = posix_spawnp(&pid, program, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

class Input::Impl {
 public:
  explicit Impl(std::string name) : name_(std::move(name)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { (void)close(); }  // asked by close() where it matters

  Status open_file(const std::string& path) {
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    owns_fd_ = true;
    if (fd_ < 0) return fail(ErrorCode::kIo, path + ": " + reason(errno));
    return {};
  }

  void use_standard_input() { fd_ = STDIN_FILENO; }

  Status open_machine_index() {
    may_fall_back_ = true;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorCode::kIo, "pipe: " + reason(errno));
    fd_ = ends[0];
    owns_fd_ = true;
    const int error = spawn_apt_cache(ends[1], child_);
    ::close(ends[1]);
    if (error == 0) return {};
    child_ = -1;
    // Not a Debian: the pipe is empty, and the first read finds that.
    if (error == ENOENT) return {};
    return fail(ErrorCode::kIo, name_ + ": " + reason(error));
  }

  Result<std::size_t> read(char* into, std::size_t size) {
    if (is_sample_) return read_sample(into, size);
    ssize_t got = 0;
    do {
      got = ::read(fd_, into, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail(ErrorCode::kIo, name_ + ": " + reason(errno));
    has_read_ = has_read_ || got > 0;
    if (got > 0 || has_read_ || !may_fall_back_) return static_cast<std::size_t>(got);
    if (Status ended = close(); !ended) return fail(ended.error());
    is_sample_ = true;
    name_ = "the sample";
    return read_sample(into, size);
  }

  Status close() {
    if (owns_fd_ && fd_ >= 0) ::close(fd_);
    fd_ = -1;
    if (child_ < 0) return {};
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0) {
      if (errno == EINTR) continue;
      child_ = -1;
      return fail(ErrorCode::kIo, name_ + ": " + reason(errno));
    }
    child_ = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return fail(
        ErrorCode::kIo,
        name_ + (WIFEXITED(status) ? " failed with exit code " + std::to_string(WEXITSTATUS(status))
                                   : " was ended by signal " + std::to_string(WTERMSIG(status))));
  }

  const std::string& name() const { return name_; }
  bool is_sample() const { return is_sample_; }

 private:
  std::size_t read_sample(char* into, std::size_t size) {
    const std::string_view rest = sample().substr(sample_position_);
    const std::size_t taken = std::min(size, rest.size());
    std::memcpy(into, rest.data(), taken);
    sample_position_ += taken;
    return taken;
  }

  std::string name_;
  int fd_ = -1;
  bool owns_fd_ = false;
  pid_t child_ = -1;
  bool may_fall_back_ = false;
  bool has_read_ = false;
  bool is_sample_ = false;
  std::size_t sample_position_ = 0;
};

Input::Input(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Input::Input(Input&&) noexcept = default;
Input& Input::operator=(Input&&) noexcept = default;
Input::~Input() = default;

Result<Input> Input::open(const std::string& what) {
  if (what == "-") {
    auto impl = std::make_unique<Impl>("standard input");
    impl->use_standard_input();
    return Input(std::move(impl));
  }
  auto impl = std::make_unique<Impl>(what.empty() ? "apt-cache dumpavail" : what);
  const Status opened = what.empty() ? impl->open_machine_index() : impl->open_file(what);
  if (!opened) return fail(opened.error());
  return Input(std::move(impl));
}

Result<std::size_t> Input::read(char* into, std::size_t size) { return impl_->read(into, size); }
Status Input::close() { return impl_->close(); }
const std::string& Input::name() const { return impl_->name(); }
bool Input::is_sample_instead() const { return impl_->is_sample(); }

}  // namespace archive
