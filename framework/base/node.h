// node.h
//
// A YAML or JSON document as a tree in which each node knows its line. JSON that is strict is read
// by a reader of its own: YAML's has other ideas of escapes and tabs.
//
//   std::string error;
//   const auto documents = parse_yaml(text, error);
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery {

struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  int line = 0;                     // from 1
  std::string text = {};            // of a scalar
  std::vector<Node> keys = {};      // of a map, in order; scalars
  std::vector<Node> children = {};  // of a list or map

  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
  // The value of a map's key; null when there is none, or this is no map.
  const Node* find(std::string_view key) const;
  std::string text_of(std::string_view key) const;  // of a scalar there; empty otherwise
};

// All documents of a stream. Nothing, and `error` is "LINE: what is wrong". An alias is once more
// what had its anchor.
std::optional<std::vector<Node>> parse_yaml(std::string_view text, std::string& error);
std::optional<Node> parse_json(std::string_view text, std::string& error);

}  // namespace rookery
