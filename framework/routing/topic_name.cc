// topic_name.cc
//
// One rule after the other, in words for who has to mend the name.
#include <rookery/routing/topic_name.h>

namespace rookery {

std::optional<std::string> illegal_topic_name(std::string_view name) {
  if (name.empty()) return "a topic name must not be empty";
  if (name == "." || name == "..") return "'" + std::string(name) + "' is no legal topic name";
  if (name.size() > 249) {
    return "is " + std::to_string(name.size()) + " characters long; Kafka allows 249";
  }
  for (const char character : name) {
    const bool is_legal = (character >= 'a' && character <= 'z') ||
                          (character >= 'A' && character <= 'Z') ||
                          (character >= '0' && character <= '9') || character == '.' ||
                          character == '_' || character == '-';
    if (!is_legal) {
      return "'" + std::string(name) + "' has the character '" + std::string(1, character) +
             "'; Kafka allows letters, digits, '.', '_' and '-'";
    }
  }
  return std::nullopt;
}

}  // namespace rookery
