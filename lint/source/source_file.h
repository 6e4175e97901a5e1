// source_file.h
//
// A C++ source as the rules see it: its lines, the same lines with comments and the contents of
// literals blanked out, its includes, and the comments alone.
//
// The scanner knows comments, string, character and raw string literals, and digit separators. It
// does not expand macros.
//
//   const SourceFile file = parse_source("framework/base/bytes.h", text);
//   file.code[3]    // line 4 without comments and literal contents

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rookery::lint {

struct Include {
  int line = 0;        // from 1
  std::string target;  // what stands between the brackets or quotes
};

struct SourceFile {
  std::string path;                   // relative to the root, with slashes
  std::vector<std::string> lines;     // as written, without line ends
  std::vector<std::string> code;      // comments and literal contents replaced by blanks
  std::vector<std::string> comments;  // everything but the text of comments replaced by blanks
  std::vector<Include> includes;
};

// Takes any text apart; what is no C++ gives lines that no rule objects to. Never fails.
SourceFile parse_source(std::string path, std::string_view text);

// The part of a path after the last slash.
std::string_view file_name(std::string_view path);

// The part of a path before the last slash; empty for a file at the root.
std::string_view folder(std::string_view path);

// True if `path` is `folder` or lies below it.
bool lies_in(std::string_view path, std::string_view folder);

}  // namespace rookery::lint
