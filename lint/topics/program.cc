// program.cc
//
// posix_spawn, so that no shell reads the program's name. Both outputs are read at once: a program
// that complains at length must not wait for us while we wait for it.

#include "lint/topics/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "lint/printable.h"

namespace rookery::lint {
namespace {

class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  bool is_open() const { return ends_[0] >= 0; }
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  void close_reading() { close_end(0); }
  void close_writing() { close_end(1); }

 private:
  void close_end(std::size_t i) {
    if (ends_[i] >= 0) close(ends_[i]);
    ends_[i] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

int spawn(const std::string& program, const Pipe& output, const Pipe& errors, pid_t& child) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.writing(), 1);
  posix_spawn_file_actions_adddup2(&actions, errors.writing(), 2);
  std::vector<std::string> words{program, "routes", "--format", "json"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int failed =
      posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

// Moves what there is into `text`. False at the end.
bool read_some(int descriptor, std::string& text) {
  std::array<char, 65536> buffer;
  const ssize_t count = read(descriptor, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR;
  text.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

void read_both(Pipe& output, std::string& written, Pipe& errors, std::string& complaint) {
  while (output.reading() >= 0 || errors.reading() >= 0) {
    std::array<pollfd, 2> ends{{{output.reading(), POLLIN, 0}, {errors.reading(), POLLIN, 0}}};
    if (poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) return;
    if (ends[0].revents != 0 && !read_some(output.reading(), written)) output.close_reading();
    if (ends[1].revents != 0 && !read_some(errors.reading(), complaint)) errors.close_reading();
  }
}

}  // namespace

bool ask_for_routes(const std::string& program, std::string& json, std::string& error) {
  Pipe output;
  Pipe errors;
  pid_t child = -1;
  const int failed =
      output.is_open() && errors.is_open() ? spawn(program, output, errors, child) : errno;
  if (failed != 0) {
    error = program + ": cannot be run: " + std::strerror(failed);
    return false;
  }
  output.close_writing();
  errors.close_writing();
  std::string complaint;
  read_both(output, json, errors, complaint);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const bool has_answered = WIFEXITED(status) && WEXITSTATUS(status) <= 1 && !json.empty();
  if (!has_answered) {
    complaint.resize(complaint.find('\n') == std::string::npos ? complaint.size()
                                                               : complaint.find('\n'));
    error = "'" + program + " routes --format json' printed no routes" +
            (complaint.empty() ? "" : ": " + printable(complaint));
  }
  return has_answered;
}

}  // namespace rookery::lint
