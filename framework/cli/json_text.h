// json_text.h
//
// JSON as words print it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace rookery {

// With a newline at its end. What is no UTF-8 (a client's id, a group, an error's text may be
// anything) is replaced, and costs nothing else. No control character reaches a terminal: where one
// would, all that is not ASCII is escaped. `indent` -1: on one line.
std::string json_text(const nlohmann::ordered_json& json, int indent = 2);

}  // namespace rookery
