// progress_figures.h
//
// ledger.mark: records a second that a ledger takes and marks one by one, in the order of 100
// lanes. metadata.encode, metadata.decode: how long what is done beyond the committed offset takes
// to be written into a commit's metadata, and to be read again: 10,000 records, each done or not.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_progress_figures(Measurements& measurements);

}  // namespace rookery::bench
