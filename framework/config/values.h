// values.h
//
// Values of settings as people write them.
#pragma once

#include <rookery/base/result.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace rookery {

// A whole number, 0 or above. Error: kInvalidArgument, naming the text.
Result<std::size_t> parse_count(std::string_view text);

// "8MiB", "64KiB", "1GiB", "500": bytes. Error: kInvalidArgument, naming the text and the units.
Result<std::size_t> parse_bytes(std::string_view text);
// In the largest unit that keeps the value whole.
std::string format_bytes(std::size_t bytes);

// Whether a setting of Kafka's holds what nobody may read in a log.
bool is_secret(std::string_view kafka_name);
inline constexpr const char* kHidden = "***";

}  // namespace rookery
