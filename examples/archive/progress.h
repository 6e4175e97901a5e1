// progress.h
//
// Whether the archive's servers have consumed all that was fed: every partition's committed offset
// has reached its end.

#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/transport.h>
#include <functional>

#include "examples/archive/archive_app.h"

namespace archive {

// Returns once the group has committed every offset up to the ends that the partitions had when it
// was called. `patience`: how long nothing at all may be committed. Errors: kTimedOut, with how
// many records are left; what the brokers answered; what `check` (asked between two looks, empty:
// nothing) answered, such as that a server in the same process ended.
rookery::Status wait_until_consumed(rookery::Transport& transport, const ArchiveNames& names,
                                    rookery::Duration patience,
                                    const std::function<rookery::Status()>& check = {});

}  // namespace archive
