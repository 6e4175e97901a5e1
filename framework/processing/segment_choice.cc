// segment_choice.cc
//
// What a server was told to run, against its routes.
#include <rookery/processing/segment_choice.h>

namespace rookery {

std::vector<std::optional<std::size_t>> segments_here(const App& app, const std::string& group,
                                                      const std::set<std::size_t>& chosen) {
  const auto segments = settings_of(app, group).parallel_segments;
  if (!segments) return {std::nullopt};
  std::vector<std::optional<std::size_t>> here(chosen.begin(), chosen.end());
  for (std::size_t i = 0; chosen.empty() && i < segments->count; ++i) here.emplace_back(i);
  return here;
}

std::vector<std::string> segment_choice_mistakes(const App& app,
                                                 const std::set<std::size_t>& chosen) {
  if (chosen.empty()) return {};
  const std::size_t highest = *chosen.rbegin();
  std::vector<std::string> mistakes;
  bool has_any = false;
  for (const auto& [name, group] : app.groups()) {
    const auto segments = settings_of(app, name).parallel_segments;
    if (!segments) continue;
    has_any = true;
    if (highest < segments->count) continue;
    mistakes.push_back("groups." + name + ".parallel_segments: has no segment " +
                       std::to_string(highest) + ", its count is " +
                       std::to_string(segments->count));
  }
  if (!has_any) mistakes.emplace_back("segments: no group of the routes has parallel segments");
  return mistakes;
}

}  // namespace rookery
