// text.h
//
// Small readings of text: dates, numbers, patterns with a star.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::lint {

// "2027-01-31"; nothing when that is no day.
std::optional<std::chrono::year_month_day> date_of(std::string_view text);
std::string text_of(const std::chrono::year_month_day& date);

// A whole number, with a sign or without; nothing when it is not one, or not of 64 bits.
std::optional<std::int64_t> number_of(std::string_view text);

// Whether the text is the pattern, in which '*' stands for any characters, also for none.
bool is_like(std::string_view text, std::string_view pattern);

// Without blanks and tabs at both ends.
std::string_view trimmed(std::string_view text);

// The lines of a text, without their ends; the last needs none.
std::vector<std::string> split_lines(std::string_view text);

}  // namespace rookery::lint
