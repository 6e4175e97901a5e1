// filter.cc
//
// A batch as the first filter sees it.
#include <rookery/filtering/filter.h>

namespace rookery {

FilterBatch::FilterBatch(std::span<const Record> records, TimePoint now, WallTime wall_now)
    : now_(now), wall_now_(wall_now) {
  left_.reserve(records.size());
  for (const Record& record : records) left_.push_back(&record);
}

}  // namespace rookery
