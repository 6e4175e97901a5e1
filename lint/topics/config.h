// config.h
//
// A team's conventions from YAML. Every mistake is told at once, with its line; a key that is not
// known is refused with the one that was probably meant.
//
//   preset: domain.name.v1              # what the keys below change
//   pattern: "{domain}.{type}.{name}.v{version}"   # or a list: any of them
//   parts:
//     domain: [billing, shipping]       # the allowed words, or the three keys of `type`
//     type: {words: [command, event], case: kebab, length_max: 20}
//   case: kebab                         # any, lower, upper, kebab, snake, upper_snake, camel,
//   pascal length_max: 100 version: required                   # or forbidden, any version_suffix:
//   .v{number} suffixes: {dead_letter: .dlq, retry: .retry, segment: ".s{number}"} tests: {prefix:
//   it-, sources: ["*_test.yaml"]} exceptions:
//     - {name: legacy_*, rules: [pattern], reason: until the move, until: 2027-01-31}
//   disabled: [replication]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/topics/conventions.h"

namespace rookery::lint {

// Nothing when there are mistakes: each a line "FILE:LINE: what is wrong".
std::optional<Conventions> read_conventions(const std::string& file, std::string_view text,
                                            std::vector<std::string>& mistakes);

// The text of a preset's YAML; empty when there is none of that name.
std::string preset_text(std::string_view name);
const std::vector<std::string>& preset_names();

}  // namespace rookery::lint
