// segment_choice.h
//
// Which segments of groups that have parallel segments run in this process.
#pragma once

#include <rookery/routing/app.h>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rookery {

// Of the group, by number: those chosen, or all when none is. One entry without a number for a
// group without segments.
std::vector<std::optional<std::size_t>> segments_here(const App& app, const std::string& group,
                                                      const std::set<std::size_t>& chosen);

// The chosen ones must be there in each group that has any. Each with its path.
std::vector<std::string> segment_choice_mistakes(const App& app,
                                                 const std::set<std::size_t>& chosen);

}  // namespace rookery
