// rules.cc
//
// Which rules a file is held against, and what each is for.

#include "lint/source/rules.h"

#include <iterator>
#include <stdexcept>
#include <utility>

#include "lint/source/banner.h"
#include "lint/source/build_file.h"
#include "lint/source/layering.h"
#include "lint/source/markers.h"
#include "lint/source/os_rules.h"
#include "lint/source/retries.h"
#include "lint/source/snippets.h"
#include "lint/source/test_names.h"
#include "lint/source/unordered.h"
#include "lint/source/weak_hash.h"

namespace rookery::lint {
namespace {

void append(Findings& all, Findings more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

const std::vector<Rule>& source_rules() {
  static const std::vector<Rule> rules{
      {"os-time", "Time comes from framework/runtime: the simulator would not see the OS's."},
      {"os-thread", "Threads and locks come from framework/runtime."},
      {"os-dice", "Randomness comes from framework/runtime."},
      {"thread-local", "Fibers share a thread: what belongs to one is in a FiberLocal."},
      {"layering", "Includes point downwards, as ARCHITECTURE.md draws it."},
      {"librdkafka", "The library's headers are seen by its transport and by bench/ alone."},
      {"weak-hash", "Hashes for identity are SHA-256."},
      {"banner", "A source begins with its name and what it is for."},
      {"file-length", "A file has at most 400 lines."},
      {"function-length", "A function has at most 70 lines, from its head to its closing brace."},
      {"length-stale", "The list of what is longer names nothing that is not."},
      {"unordered-iteration",
       "What is simulated walks over nothing in the order of hashes or addresses."},
      {"test-name", "Suites and cases are CamelCase, and a case says what holds."},
      {"build-visibility",
       "A package has a default visibility; public is what is promised to everybody."},
      {"retries", "A test that fails has failed: nothing runs it until it passes."},
      {"snippet", "A cpp block in a document stands in a source that is compiled."},
      {"allow", "A marker has a reason, and something to allow."},
  };
  return rules;
}

Findings check_source(const SourceFile& file, Tree& tree, Lengths& lengths) {
  Findings findings;
  for (const auto rule :
       {check_banner, check_layering, check_os_use, check_weak_hash, check_test_names}) {
    append(findings, rule(file));
  }
  append(findings, lengths.check(file));
  append(findings, check_unordered(file, tree));
  return without_allowed(file, std::move(findings), "//");
}

Findings check_build_file(const SourceFile& file) {
  Findings findings = check_build(file);
  append(findings, check_retries(file));
  return without_allowed(file, std::move(findings), "#");
}

Findings check_file(const std::string& path, Tree& tree, Lengths& lengths) {
  const bool is_source = path.ends_with(".h") || path.ends_with(".cc");
  if (is_source) {
    const SourceFile* file = tree.source(path);
    if (file == nullptr) throw std::runtime_error(path + ": cannot be read");
    return check_source(*file, tree, lengths);
  }
  const bool is_document = path.ends_with(".md");
  const auto text = tree.text(path);
  if (!text) throw std::runtime_error(path + ": cannot be read");
  if (is_script(path, *text)) {
    const SourceFile script = parse_build(path, *text);
    return without_allowed(script, check_retries(script), "#");
  }
  if (!is_document && !is_build_file(path)) {
    throw std::runtime_error(
        path + ": no rule knows such files; .h, .cc, .md, BUILD and scripts are read");
  }
  if (is_document) return check_snippets(path, *text, tree.reader());
  return check_build_file(parse_build(path, *text));
}

}  // namespace rookery::lint
