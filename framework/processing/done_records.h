// done_records.h
//
// Takes out of a batch what an earlier owner of the partition has done: it is counted as done and
// given to nobody.
#pragma once

#include <rookery/progress/done_beyond.h>
#include <rookery/progress/offset_range.h>
#include <rookery/transport/record_batch.h>

namespace rookery {

// What was taken, told apart. Records of `batch` view the memory of the batch it was made from.
struct ToldApart {
  RecordBatch batch;  // what is to be run; empty: nothing
  // What is done: ranges that hold no record of `batch`.
  OffsetRanges done = {};
};

// Asks `done` for each record. Allocates only when there is something to take out. A batch of which
// nothing is to be run stays with the caller, who decides where its memory ends.
ToldApart tell_apart(RecordBatch&& batch, DoneBeyond& done);

}  // namespace rookery
