// layering.cc
//
// The order of the rooms, in one table, and the arrows that are wrong whatever the order.

#include "lint/source/layering.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "lint/source/tree.h"

namespace rookery::lint {
namespace {

// A room may include itself and rooms of a smaller number; the longest matching path counts. Two
// rooms of one number are neighbours that do not know each other.
struct Room {
  std::string_view path;
  int height;
};

constexpr auto kRooms = std::to_array<Room>({
    {"framework/base", 0},
    {"framework/runtime", 10},
    {"framework/progress", 15},
    {"framework/transport", 20},
    {"framework/transport/librdkafka", 30},
    {"framework/instrumentation", 30},
    {"framework/tracing", 35},
    {"framework/recovery", 40},
    {"framework/filtering", 40},
    {"framework/producing", 40},
    {"framework/reading", 40},
    {"framework/routing", 50},
    // What user code derives from and is handed: routes name it, the engine runs it.
    {"framework/processing/batch.h", 44},
    {"framework/processing/batch.cc", 45},
    {"framework/processing/completion.h", 44},
    {"framework/processing/completion.cc", 45},
    {"framework/processing/consume_action.h", 44},
    {"framework/processing/consume_action.cc", 45},
    {"framework/processing/offsets.h", 44},
    {"framework/processing/offsets.cc", 45},
    {"framework/processing/consumer.h", 46},
    {"framework/processing/consumer.cc", 47},
    {"framework/lanes", 55},
    {"framework/processing", 60},
    {"framework/admin", 70},
    {"framework/health", 70},
    {"framework/config", 72},
    {"framework/cli", 80},
    {"framework", 90},
    {"mockbroker/protocol", 100},
    {"mockbroker/cluster", 110},
    {"mockbroker/client", 120},
    {"mockbroker/transport", 130},
    {"simulations/scheduler", 140},
    {"simulations/history", 150},
    {"simulations/network", 160},
    {"simulations/faults", 170},
    {"simulations/checkers", 170},
    {"simulations/world", 180},
    {"simulations/explorer", 190},
    {"simulations/properties", 210},
    {"simulations/promises", 215},
    {"simulations/mutants", 220},
    {"simulations", 200},
});

const Room* room_of(std::string_view path) {
  const Room* found = nullptr;
  for (const Room& room : kRooms) {
    if (!lies_in(path, room.path)) continue;
    if (found == nullptr || room.path.size() > found->path.size()) found = &room;
  }
  return found;
}

bool is_test(std::string_view path) { return path.ends_with("_test.cc"); }

// mockbroker/cluster is told the time and given the dice.
std::string sans_io_objection(std::string_view target) {
  constexpr auto kTypesOnly = std::to_array<std::string_view>({
      "framework/runtime/time_types.h",
      "framework/runtime/generator.h",
  });
  constexpr auto kStandard = std::to_array<std::string_view>({
      "thread",
      "mutex",
      "shared_mutex",
      "condition_variable",
      "future",
      "semaphore",
      "latch",
      "barrier",
      "stop_token",
      "random",
      "ctime",
      "time.h",
      "pthread.h",
      "sys/time.h",
      "atomic",
  });
  if (std::find(kStandard.begin(), kStandard.end(), target) != kStandard.end()) {
    return "the cluster is told the time and given the dice: no <" + std::string(target) + ">";
  }
  const auto path = own_path(target);
  if (path && lies_in(*path, "framework/runtime") &&
      std::find(kTypesOnly.begin(), kTypesOnly.end(), *path) == kTypesOnly.end()) {
    return "the cluster is told the time and given the dice: of framework/runtime only types";
  }
  return "";
}

std::string room_objection(std::string_view from, std::string_view to) {
  if (lies_in(from, "framework") && lies_in(to, "mockbroker")) {
    return "framework/ knows no mock broker";
  }
  if (lies_in(from, "framework") && lies_in(to, "simulations")) {
    return "framework/ does not know that it is simulated";
  }
  const bool is_shipped =
      lies_in(from, "framework") || lies_in(from, "mockbroker") || lies_in(from, "simulations");
  if (is_shipped && (lies_in(to, "examples") || lies_in(to, "bench") || lies_in(to, "lint"))) {
    return "nothing depends on examples/, bench/ or lint/";
  }
  const Room* below = room_of(to);
  const Room* above = room_of(from);
  if (above == nullptr || below == nullptr || above == below) return "";
  if (lies_in(from, "simulations/scheduler") && lies_in(to, "mockbroker")) {
    return "the scheduler runs anything: it knows no Kafka";
  }
  // The two implementations of the transport are chosen at the top, by name.
  if (below->path == "framework/transport/librdkafka" && lies_in(from, "framework") &&
      above->height < 80) {
    return "code meets Kafka through <rookery/transport/...>";
  }
  if (below->height < above->height) return "";
  return std::string(above->path) + " lies below " + std::string(below->path) +
         " or beside it: includes point downwards";
}

bool may_include_librdkafka(std::string_view path) {
  return lies_in(path, "framework/transport/librdkafka") || lies_in(path, "bench");
}

}  // namespace

Findings check_layering(const SourceFile& file) {
  Findings findings;
  for (const Include& include : file.includes) {
    const auto object = [&](std::string_view rule, std::string message) {
      findings.push_back({file.path, include.line, std::string(rule), std::move(message)});
    };
    if (include.target.starts_with("librdkafka/") && !may_include_librdkafka(file.path)) {
      object("librdkafka", "only framework/transport/librdkafka and bench/ see the library");
    }
    // A test of the cluster may drive it with whatever it likes.
    if (lies_in(file.path, "mockbroker/cluster") && !is_test(file.path)) {
      const std::string objection = sans_io_objection(include.target);
      if (!objection.empty()) object("layering", objection);
    }
    const auto target = own_path(include.target);
    if (!target) continue;
    const std::string objection = room_objection(file.path, *target);
    if (!objection.empty()) object("layering", objection);
  }
  return findings;
}

}  // namespace rookery::lint
