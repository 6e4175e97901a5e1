// lane_key.cc
//
// The one place that calls a user's key function.
#include <rookery/lanes/lane_key.h>

#include <new>

namespace rookery {

LaneKey KeyReader::read(const Record& record) const {
  try {
    const Bytes bytes = by_(record);
    if (bytes.is_null()) return {};
    return {.kind = LaneKey::Kind::kBytes, .bytes = bytes};
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& exception) {
    on_error_(record, &exception);
  } catch (...) {
    on_error_(record, nullptr);
  }
  return {.kind = LaneKey::Kind::kBroken};
}

}  // namespace rookery
