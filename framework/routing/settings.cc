// settings.cc
//
// Backoff arithmetic, in integers.
#include <rookery/routing/settings.h>
#include <rookery/runtime/random.h>

#include <algorithm>

namespace rookery {

Duration backoff_of(const RetryBackoff& retry, int attempt) {
  Duration wait = retry.first;
  for (int i = 1; i < attempt && wait < retry.max; ++i) {
    if (retry.factor > 1 && wait > retry.max / retry.factor) return retry.max;
    wait *= retry.factor;
    if (retry.factor <= 1) break;
  }
  return std::min(wait, retry.max);
}

Duration jittered_backoff_of(const RetryBackoff& retry, int attempt) {
  const Duration wait = backoff_of(retry, attempt);
  const std::int64_t spread = wait.count() / 100 * retry.jitter_percent;
  if (spread <= 0) return wait;
  const auto draw =
      static_cast<std::int64_t>(random_below(2 * static_cast<std::uint64_t>(spread) + 1));
  return wait + Duration(draw - spread);
}

}  // namespace rookery
