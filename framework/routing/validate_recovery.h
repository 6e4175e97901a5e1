// validate_recovery.h
//
// What can be wrong with a route's dead letter queue and error policy.
#pragma once

#include <rookery/routing/app.h>

#include <string>
#include <vector>

namespace rookery {

// path: of the topic's route.
std::vector<Mistake> recovery_mistakes(const std::string& path, const std::string& topic,
                                       const TopicSettings& settings);

}  // namespace rookery
