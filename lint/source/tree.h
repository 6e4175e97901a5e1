// tree.h
//
// The files that are checked, by their paths from the root. Each source is taken apart once,
// however many others look into it.
//
//   Tree tree([](const std::string& path) { return read(path); });
//   const SourceFile* header = tree.source("framework/base/bytes.h");  // null: there is none
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lint/source/source_file.h"

namespace rookery::lint {

// Reads a file by its path from the root; empty if there is none.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

class Tree {
 public:
  explicit Tree(ReadFile read) : read_(std::move(read)) {}

  const ReadFile& reader() const { return read_; }
  std::optional<std::string> text(const std::string& path) const { return read_(path); }
  const SourceFile* source(const std::string& path);

 private:
  ReadFile read_;
  std::map<std::string, std::unique_ptr<SourceFile>> sources_;
};

// The path of an included file from the root, if it is one of ours.
std::optional<std::string> own_path(std::string_view target);

}  // namespace rookery::lint
