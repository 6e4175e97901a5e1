// input.h
//
// Where the stanzas come from: a file, standard input, or the machine's own package index.
//
//   Result<Input> input = Input::open("");     // apt-cache dumpavail; the sample where it is empty
//   Result<std::size_t> got = input->read(buffer, sizeof buffer);
//   Status whole = input->close();             // whether apt-cache told all it had
//
// Thread rules: one thread.

#pragma once

#include <rookery/base/result.h>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace archive {

class Input {
 public:
  // "" is the machine's own index, "-" standard input, else a file. Errors: kIo, naming it.
  static rookery::Result<Input> open(const std::string& what);

  Input(Input&&) noexcept;
  Input& operator=(Input&&) noexcept;
  ~Input();  // closes

  // Fills up to `size` bytes; 0 is the end. Errors: kIo, naming the input.
  rookery::Result<std::size_t> read(char* into, std::size_t size);

  // Ends a program that was read from. Error: kIo, when it failed, so that what was read is not
  // all. Only after read() said that this is the end. Idempotent.
  rookery::Status close();

  // For messages: "index.txt", "standard input", "apt-cache dumpavail", "the sample".
  const std::string& name() const;
  // This machine has no package index, so the sample is read instead. Known after the first read.
  bool is_sample_instead() const;

 private:
  class Impl;
  explicit Input(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// testdata/sample.txt, which is part of the program.
std::string_view sample();

}  // namespace archive
