// child_process.h
//
// A program started by a test: what it wrote, how it ended, signals to it.
//
//   ChildProcess child({"examples/archive/archive", "--help"});
//   ASSERT_EQ(child.exit_code(deadline_in(10s)), 0) << child.errors();
//
// Thread rules: one thread.

#pragma once

#include <sys/types.h>

#include <rookery/runtime/time_types.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace archive {

struct ChildOptions {
  bool has_input = false;   // a pipe to its standard input; else /dev/null
  std::string output = {};  // a file or device for its standard output; else kept for output()
  std::string errors = {};  // the same of its standard error
};

class ChildProcess {
 public:
  // Looks the program up in PATH when its name has no slash. Throws when it cannot be started.
  explicit ChildProcess(std::vector<std::string> words, ChildOptions options = {});
  // Kills it when it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // To its standard input. False: it does not read any more.
  bool write(std::string_view text);
  void close_input();

  void signal(int number);

  // Waits. None: it runs still. Ended by a signal: 128 + its number, as a shell says.
  std::optional<int> exit_code(rookery::TimePoint deadline);
  bool is_running();

  // What it wrote until now.
  std::string output() const;
  std::string errors() const;

 private:
  bool reap(rookery::TimePoint deadline);

  pid_t pid_ = -1;
  int pid_descriptor_ = -1;
  int input_ = -1;
  std::optional<int> exit_code_;
  std::string output_path_;
  std::string errors_path_;
};

}  // namespace archive
