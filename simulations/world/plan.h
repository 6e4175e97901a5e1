// plan.h
//
// What a simulation does: how many servers, which faults, which records, and what must come of
// them.
//
//   Plan plan({.servers = {2, 4}, .faults = any_faults()});
//   plan.produce("orders.v1", 1'000, [](Draw& draw) {
//     return record({.key = draw.key(50), .value = "12.50"});
//   });
//
// A plan is a value, used by many runs, also at the same time on several threads: what it is given
// must not change when called.
#pragma once

#include <rookery/base/bytes.h>
#include <rookery/base/headers.h>
#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>
#include <rookery/runtime/time_types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/faults/fault.h"

namespace rookery::testing {

using sim::FaultKind;
using sim::FaultSet;

// Every fault there is; which are on in a run, and how hard, is drawn.
constexpr FaultSet any_faults() { return FaultSet::all(); }
constexpr FaultSet no_faults() { return {}; }

// The dice of a run. Equal seeds throw equal dice. At most one draw in a full expression, except
// between braces, where the order is the language's.
class Draw {
 public:
  explicit Draw(sim::Tape& tape) : tape_(tape) {}

  // In [0, bound); 0 when bound is 0.
  std::uint64_t below(std::uint64_t bound);
  // Both included.
  std::int64_t between(std::int64_t low, std::int64_t high);
  // True once in n on average; never for n = 0.
  bool one_in(std::uint64_t n);
  // One of so many keys: "key-0", "key-1" ...
  std::string key(std::uint64_t count);

 private:
  sim::Tape& tape_;
};

// A record to be produced.
struct PlannedRecord {
  OwnedBytes key = {};
  OwnedBytes value = {};
  Headers headers = {};
};
inline PlannedRecord record(PlannedRecord fields) { return fields; }

using RecordMaker = std::function<PlannedRecord(Draw&)>;

// A request that has reached a node, as a hook sees it.
struct SeenRequest {
  Duration at{0};              // since the run began, in virtual time
  NodeId node = -1;            // whom it asks
  std::string_view api;        // by the protocol's name: "Produce", "JoinGroup"
  std::string_view client_id;  // who asks; "producer" is the plan's own
};

// What becomes of it.
struct Verdict {
  enum class Kind : std::uint8_t { kPass, kDrop, kHold, kAnswer };
  Kind kind = Kind::kPass;
  Duration time{0};                       // kHold
  ErrorCode error = ErrorCode::kUnknown;  // kAnswer
};
inline Verdict pass() { return {}; }
// It is never handled, and never answered: its sender waits for its own time limit.
inline Verdict drop() { return {.kind = Verdict::Kind::kDrop}; }
// It is handled so much later, or when all is healed.
inline Verdict hold(Duration time) { return {.kind = Verdict::Kind::kHold, .time = time}; }
// The node answers with that error, and has done nothing.
inline Verdict answer(ErrorCode error) { return {.kind = Verdict::Kind::kAnswer, .error = error}; }

// Asked about each request until the faults are over and all is healed. It must not wait, and what
// it decides may depend only on what it has seen.
using RequestHook = std::function<Verdict(const SeenRequest&)>;
// Makes a run's own hook, which may count and remember.
using HookMaker = std::function<RequestHook()>;

// From least to most, both included; a plain number is both.
struct Range {
  constexpr Range(int exactly) : least(exactly), most(exactly) {}
  constexpr Range(int lowest, int highest) : least(lowest), most(highest) {}
  int least;
  int most;
};

// What a run left behind, for checks of one's own.
class Outcome {
 public:
  struct StoredRecord {
    TopicPartition topic_partition;
    Offset offset = -1;
    OwnedBytes key;
    OwnedBytes value;
    Headers headers;
    // False: nobody need have consumed it. It was lost by right, or lost once and brought back by
    // an unclean election, when a consumer that had followed others may be past it.
    bool is_owed = true;
  };

  virtual ~Outcome() = default;
  // All records of the topic that the cluster holds, by partition and offset.
  virtual std::vector<StoredRecord> records(const std::string& topic) const = 0;
  // Those that it held once and has lost by right since, with the reason: "retention.ms",
  // "DeleteRecords", "unclean election", "power was lost before they were on disk". Whether they
  // were consumed before is not said: none is owed.
  struct LostRecord {
    StoredRecord record;
    std::string reason;
  };
  virtual std::vector<LostRecord> lost_records(const std::string& topic) const = 0;
};
// Answers what is wrong; empty when nothing is.
using OutcomeCheck = std::function<std::string(const Outcome&)>;

struct PlanOptions {
  // Processes that run the app.
  Range servers = 3;
  FaultSet faults = no_faults();
  // How long records are produced, and faults happen, in virtual time: drawn from here to twice it.
  Duration load = std::chrono::seconds(20);
};

class Plan {
 public:
  explicit Plan(PlanOptions options = {}) : options_(options) {}

  // Records for a topic, each made when its turn has come. Several are produced side by side.
  Plan& produce(std::string topic, std::uint64_t records, RecordMaker make);
  // A check of the end of each run, when everything is drained. `promise` names it in reports. A
  // failure is made smaller: the check must hold for fewer servers and records than planned, too.
  Plan& check(std::string promise, OutcomeCheck check);
  // Something may happen to requests besides the faults. Of several hooks each sees every request;
  // the first that does not pass one decides.
  //
  //   plan.intercept([] {
  //     return [refused = 0](const SeenRequest& request) mutable {
  //       return request.api == "OffsetCommit" && ++refused <= 3
  //                  ? answer(ErrorCode::kNotCoordinator) : pass();
  //     };
  //   });
  Plan& intercept(HookMaker make);
  // Records that user code sends to this topic count as rejected, as dead letters always do. In
  // figures only.
  Plan& count_rejected(std::string topic);

  struct Workload {
    std::string topic;
    std::uint64_t records = 0;
    RecordMaker make;
  };
  struct Check {
    std::string promise;
    OutcomeCheck check;
  };
  const PlanOptions& options() const { return options_; }
  const std::vector<Workload>& workloads() const { return workloads_; }
  const std::vector<Check>& checks() const { return checks_; }
  const std::vector<HookMaker>& hooks() const { return hooks_; }
  const std::optional<std::string>& rejected_topic() const { return rejected_topic_; }

 private:
  PlanOptions options_;
  std::vector<Workload> workloads_;
  std::vector<Check> checks_;
  std::vector<HookMaker> hooks_;
  std::optional<std::string> rejected_topic_;
};

}  // namespace rookery::testing
