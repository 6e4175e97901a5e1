// output.cc
//
// write(2) itself: a stream would keep the error of a full disk to itself until it is too late.

#include "examples/archive/output.h"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace archive {

using rookery::ErrorCode;
using rookery::fail;
using rookery::Status;

namespace {

Status write_to(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(ErrorCode::kIo, std::generic_category().message(errno));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Status write_output(std::string_view text) {
  Status written = write_to(STDOUT_FILENO, text);
  if (!written) written.error().message = "standard output: " + written.error().message;
  return written;
}

int complain(std::string_view message) {
  std::string line = "archive: ";
  for (const char c : message.substr(0, message.find_last_not_of('\n') + 1)) {
    line += c == '\n' ? std::string("; ") : std::string(1, c);
  }
  // Who cannot be told cannot be told so either; the exit code remains.
  (void)write_to(STDERR_FILENO, line + "\n");
  return 1;
}

}  // namespace archive
