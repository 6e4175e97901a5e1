// values.cc
//
// Numbers with and without a unit.
#include <rookery/config/values.h>

#include <array>
#include <charconv>
#include <limits>

namespace rookery {
namespace {

struct Unit {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<Unit, 3> kUnits = {
    {{"GiB", std::size_t{1} << 30}, {"MiB", std::size_t{1} << 20}, {"KiB", std::size_t{1} << 10}}};

bool has_number(std::string_view text, std::size_t& number, std::string_view& rest) {
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, number);
  rest = std::string_view(after, static_cast<std::size_t>(end - after));
  return error == std::errc();
}

}  // namespace

Result<std::size_t> parse_count(std::string_view text) {
  std::size_t number = 0;
  std::string_view rest;
  if (has_number(text, number, rest) && rest.empty()) return number;
  return fail(ErrorCode::kInvalidArgument,
              "'" + std::string(text) + "' is no number; write a whole number, 0 or above");
}

Result<std::size_t> parse_bytes(std::string_view text) {
  const auto wrong = [text] {
    return fail(ErrorCode::kInvalidArgument, "'" + std::string(text) +
                                                 "' is no size; write a whole number, alone for "
                                                 "bytes or with one of KiB MiB GiB");
  };
  std::size_t number = 0;
  std::string_view rest;
  if (!has_number(text, number, rest)) return wrong();
  if (rest.empty()) return number;
  for (const Unit& unit : kUnits) {
    if (rest != unit.name) continue;
    if (number > std::numeric_limits<std::size_t>::max() / unit.bytes) return wrong();
    return number * unit.bytes;
  }
  return wrong();
}

std::string format_bytes(std::size_t bytes) {
  for (const Unit& unit : kUnits) {
    if (bytes == 0 || bytes % unit.bytes != 0) continue;
    return std::to_string(bytes / unit.bytes) + std::string(unit.name);
  }
  return std::to_string(bytes);
}

bool is_secret(std::string_view kafka_name) {
  // The last holds principals' secrets among other words.
  return kafka_name.find("password") != std::string_view::npos ||
         kafka_name.find("secret") != std::string_view::npos || kafka_name == "ssl.key.pem" ||
         kafka_name == "sasl.oauthbearer.config";
}

}  // namespace rookery
