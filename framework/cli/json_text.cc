// json_text.cc
//
// JSON itself escapes C0 alone; DEL and C1 must not reach a terminal either.
#include <rookery/cli/json_text.h>

#include <rookery/cli/printable.h>

#include <nlohmann/json.hpp>

namespace rookery {

std::string json_text(const nlohmann::ordered_json& json, int indent) {
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  std::string text = json.dump(indent, ' ', false, kReplace);
  if (!is_text(text)) text = json.dump(indent, ' ', true, kReplace);
  return text + "\n";
}

}  // namespace rookery
