// properties.h
//
// A .properties file as Java reads it: `key=value`, `key: value` or `key value`, comments of # and
// !, lines that go on after a backslash, escapes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rookery::lint {

struct Property {
  std::string key;
  std::string value;
  int line = 0;  // where it begins
};

// Takes any text apart. Never fails.
std::vector<Property> parse_properties(std::string_view text);

}  // namespace rookery::lint
