// route_rules.h
//
// Routes and topics that work, and hurt one day: what is lost with one broker, what vanishes while
// it is retried, dead letters that are kept worse than their records, sessions too short for their
// heartbeats. Where no source states a value, no rule has anything to say.
#pragma once

#include "lint/finding.h"
#include "lint/topics/conventions.h"
#include "lint/topics/topic.h"

namespace rookery::lint {

Findings check_routes(const Topics& topics, const Conventions& conventions);

}  // namespace rookery::lint
