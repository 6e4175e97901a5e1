// source_rules.cc
//
// The source linter: `source_rules ROOT` reads paths below ROOT from standard input, one a line,
// and prints each finding as FILE:LINE: RULE: MESSAGE. Exit code 0 without findings, 1 with, 2 when
// a file cannot be read.

#include <cstddef>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

#include "lint/rules.h"
#include "lint/snippets.h"
#include "lint/source_file.h"

namespace {

using rookery::lint::Findings;

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

Findings check(const std::string& root, const std::string& path) {
  const auto text = read_file(root + "/" + path);
  if (!text) throw std::runtime_error("cannot read " + root + "/" + path);
  if (path.ends_with(".md")) {
    return rookery::lint::check_snippets(
        path, *text, [&](const std::string& other) { return read_file(root + "/" + other); });
  }
  return rookery::lint::check_source(rookery::lint::parse_source(path, *text));
}

int run(const std::string& root) {
  std::size_t files = 0;
  std::size_t objections = 0;
  for (std::string path; std::getline(std::cin, path);) {
    ++files;
    for (const auto& finding : check(root, path)) {
      ++objections;
      std::cout << finding.file << ':' << finding.line << ": " << finding.rule << ": "
                << finding.message << '\n';
    }
  }
  // A list that came out empty must not pass for a clean tree.
  if (files == 0) throw std::runtime_error("no files on standard input");
  std::cout << files << " files, " << objections << " findings\n";
  return objections == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: source_rules ROOT < PATHS\n";
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "source_rules: " << error.what() << '\n';
    return 2;
  }
}
