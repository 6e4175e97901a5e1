// properties.h
//
// What librdkafka says of single settings, before any client is made of them.
//
// Thread rules: any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rookery {

// What is wrong with a setting; none: nothing, or only beside others.
std::optional<std::string> librdkafka_mistake(const std::string& name, const std::string& value);

// All that librdkafka of this version knows, in the order of the alphabet; functions and pointers
// are not among them.
std::vector<std::string> librdkafka_properties();

// What the library that is loaded was built with: "gzip,snappy,ssl,...".
std::string librdkafka_features();

}  // namespace rookery
