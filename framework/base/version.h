// version.h
//
// The version of Rookery: the one place that says it.
#pragma once

#include <string_view>

namespace rookery {

inline constexpr std::string_view kVersion = "0.8.0";

}  // namespace rookery
