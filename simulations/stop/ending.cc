// ending.cc
//
// The judgement over an end: exit codes, bound, situation.
#include "simulations/stop/ending.h"

#include <rookery/base/duration.h>

#include <cstddef>

namespace rookery::stopping {

const char* name(From from) {
  static constexpr const char* kNames[] = {"AConsumer",       "AListener", "ARebalanceHook",
                                           "ADeliveryReport", "ASignal",   "TheDestructor",
                                           "AnotherThread"};
  return kNames[static_cast<std::size_t>(from)];
}

const char* name(During during) {
  static constexpr const char* kNames[] = {"Calm", "AJoin", "ARevocation", "Silence",
                                           "ACrashOfAllBrokers"};
  return kNames[static_cast<std::size_t>(during)];
}

std::vector<std::string> wrongs(const Ended& ended, const Judging& judging) {
  std::vector<std::string> all = ended.wrong;
  if (!ended.lasted) {
    all.push_back(std::string("it was not in the middle of ") + name(judging.during));
  }
  if (judging.is_time_virtual && ended.taken > kBound) {
    all.push_back("it took " + format_duration(ended.taken) + ", more than " +
                  format_duration(kBound));
  }
  if (judging.from == From::kDestructor) return all;
  const bool is_answered = judging.during != During::kSilence && judging.during != During::kCrash;
  const ExitCode right = is_answered ? ExitCode::kClean : ExitCode::kForced;
  if (ended.code == right || (judging.may_be_late && ended.code == ExitCode::kForced)) return all;
  all.push_back("exit code " + std::to_string(static_cast<int>(ended.code)) + " instead of " +
                std::to_string(static_cast<int>(right)));
  return all;
}

}  // namespace rookery::stopping
