// dead_letter_topics.h
//
// Where an app's dead letters may lie, as far as its routes say: the topics of its dead letter
// queues and of the rules of its error policies. A policy that is a callable may name others.
#pragma once

#include <rookery/routing/app.h>

#include <string>
#include <vector>

namespace rookery {

// Whether some route can make dead letters: it has a queue, or a policy that may ask for one.
bool may_make_dead_letters(const App& app);

// In the order of their names, each once.
std::vector<std::string> dead_letter_topics(const App& app);

}  // namespace rookery
