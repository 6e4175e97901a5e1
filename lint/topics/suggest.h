// suggest.h
//
// A name in the place of one that breaks rules. It is never one that would break them again: what
// cannot be repaired has no suggestion.
//
//   suggest("OrderCreated", Role::kPlain, false, conventions)   // billing.order-created.v1
#pragma once

#include <string>
#include <string_view>

#include "lint/topics/conventions.h"
#include "lint/topics/topic.h"

namespace rookery::lint {

// Empty: none is known. Parts of which the name says nothing are called by their own names.
std::string suggest(std::string_view name, Role role, bool is_in_tests,
                    const Conventions& conventions);

}  // namespace rookery::lint
