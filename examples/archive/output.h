// output.h
//
// Text to standard output and standard error, with nothing lost unsaid.

#pragma once

#include <rookery/base/result.h>
#include <string_view>

namespace archive {

// All of it, or an error (kIo): a full disk, a closed pipe. Nothing is buffered.
rookery::Status write_output(std::string_view text);

// "archive: MESSAGE" as one line on standard error. Answers the exit code of a failure, 1.
int complain(std::string_view message);

}  // namespace archive
