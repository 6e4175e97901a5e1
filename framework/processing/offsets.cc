// offsets.cc
//
// Where a seek goes, as text.
#include <rookery/processing/offsets.h>

namespace rookery {

std::string SeekTo::text() const {
  switch (kind_) {
    case Kind::kOffset:
      return "offset " + std::to_string(offset_);
    case Kind::kTime:
      return "time " + std::to_string(time_.time_since_epoch().count());
    case Kind::kEarliest:
      return "earliest";
    case Kind::kLatest:
      return "latest";
  }
  return "nowhere";
}

}  // namespace rookery
