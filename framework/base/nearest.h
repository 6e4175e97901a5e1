// nearest.h
//
// What was meant by a word that nobody knows: the known one that is most like it.
//
//   nearest("lenght", {"length", "case"})  // length
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rookery {

// Letters put in, left out or mistaken, and neighbours swapped, each are a step; empty when no
// known word is near enough.
std::string nearest(std::string_view typed, const std::vector<std::string>& known);

}  // namespace rookery
