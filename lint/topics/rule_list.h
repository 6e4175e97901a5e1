// rule_list.h
//
// All rules about topics: what configurations, exceptions and baselines may name.
#pragma once

#include <string>
#include <vector>

#include "lint/report.h"

namespace rookery::lint {

const std::vector<Rule>& topic_rules();
std::vector<std::string> topic_rule_ids();

}  // namespace rookery::lint
