// trace_state.cc
//
// tracestate: a list of at most 32 members, key=value, of which each key stands once.
#include <rookery/tracing/trace_context.h>

#include <algorithm>
#include <set>

namespace rookery {
namespace {

constexpr std::size_t kMembersMost = 32;
constexpr std::size_t kKeyMost = 256;
constexpr std::size_t kTenantMost = 241;
constexpr std::size_t kSystemMost = 14;
constexpr std::size_t kValueMost = 256;

bool is_letter(char character) { return character >= 'a' && character <= 'z'; }
bool is_digit(char character) { return character >= '0' && character <= '9'; }

bool is_word(std::string_view text, std::size_t most, bool may_begin_with_digit) {
  if (text.empty() || text.size() > most) return false;
  if (!is_letter(text.front()) && !(may_begin_with_digit && is_digit(text.front()))) return false;
  return std::all_of(text.begin(), text.end(), [](char character) {
    return is_letter(character) || is_digit(character) || character == '_' || character == '-' ||
           character == '*' || character == '/';
  });
}

bool is_key(std::string_view key) {
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) return is_word(key, kKeyMost, /*may_begin_with_digit=*/false);
  return is_word(key.substr(0, at), kTenantMost, /*may_begin_with_digit=*/true) &&
         is_word(key.substr(at + 1), kSystemMost, /*may_begin_with_digit=*/false);
}

bool is_value(std::string_view value) {
  if (value.empty() || value.size() > kValueMost || value.back() == ' ') return false;
  return std::all_of(value.begin(), value.end(), [](char character) {
    return character >= ' ' && character <= '~' && character != ',' && character != '=';
  });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<std::string> parse_tracestate(const std::vector<std::string_view>& values) {
  std::string out;
  std::set<std::string_view> keys;
  for (std::string_view rest : values) {
    for (bool is_more = true; is_more;) {
      const std::size_t comma = rest.find(',');
      is_more = comma != std::string_view::npos;
      const std::string_view member = trimmed(rest.substr(0, comma));
      if (is_more) rest.remove_prefix(comma + 1);
      if (member.empty()) continue;  // an empty member is allowed, and means nothing
      const std::size_t equals = member.find('=');
      if (equals == std::string_view::npos) return std::nullopt;
      const std::string_view key = member.substr(0, equals);
      if (!is_key(key) || !is_value(member.substr(equals + 1)) || !keys.insert(key).second) {
        return std::nullopt;
      }
      if (keys.size() > kMembersMost) return std::nullopt;
      out += out.empty() ? "" : ",";
      out += member;
    }
  }
  return out;
}

}  // namespace rookery
