// profiles.cc
//
// One row for each. What a row asks of the framework is checked by the simulator itself, which
// reads it off the routes.

#include "examples/archive/profiles.h"

#include <chrono>
#include <string>

#include "examples/archive/archive_app.h"

namespace archive {
namespace {

using rookery::testing::Profile;

Profile profile(const std::string& name, const std::string& what, const ArchiveOptions& options) {
  return {.name = name,
          .what = what,
          .app = [options] { return archive_app_with(options); },
          .test_filter = "*/" + name};
}

}  // namespace

std::vector<Profile> simulated_profiles() {
  using rookery::Distribution;
  return {
      profile("partition", "partition order", {.ordering = rookery::in_partition()}),
      profile("virtual", "four virtual partitions, by the key's hash",
              {.ordering = rookery::virtual_partitions({.count = 4})}),
      profile("balanced", "four virtual partitions, to whom has least to do",
              {.ordering = rookery::virtual_partitions(
                   {.count = 4, .distribution = Distribution::kBalanced})}),
      profile("key", "each key by itself, up to eight at once",
              {.ordering = rookery::by_key({.max_lanes = 8})}),
      profile("unordered", "in no order, up to eight records at once",
              {.ordering = rookery::unordered({.max_lanes = 8})}),
      // What is held back comes later, and nothing is left out.
      profile("filters", "each record a second after its time, and twenty a second of a partition",
              {.filters = {rookery::delay(std::chrono::seconds(1)),
                           rookery::throttle(20, std::chrono::seconds(1))}}),
      profile("segments", "three parallel segments, each a group of its own",
              {.parallel_segments = {{.count = 3}}}),
      profile("waiting", "by key, finished later by another thread",
              {.ordering = rookery::by_key({.max_lanes = 8}), .finishes_later = true}),
  };
}

}  // namespace archive
