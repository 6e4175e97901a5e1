// producer_process.h
//
// Fills the input topics of a run over its time of load, through a real client, as a process of its
// own.
//
// Thread rules: the world's fibers; the queries from anywhere.
#pragma once

#include <rookery/transport/producer_client.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "simulations/world/plan.h"
#include "simulations/world/stage.h"

namespace rookery::sim {

class ProducerProcess {
 public:
  // `records`: how many of each workload.
  ProducerProcess(Stage& stage, const testing::Plan& plan, std::vector<std::uint64_t> records,
                  Duration load);

  void start();
  bool wait_until_ended(TimePoint deadline);

  ProcessId process() const { return process_; }
  bool is_done() const;
  std::uint64_t acknowledged() const;
  std::uint64_t planned() const { return planned_; }
  // Records of a workload that were refused by a log that had lost others, and sent again.
  std::uint64_t sent_again(std::size_t workload) const { return sent_again_[workload]; }
  // The first record that failed for good, if one did.
  std::optional<std::string> failure() const;

 private:
  void run();
  void produce(ProducerClient& client);
  void send_next(ProducerClient& client);
  void send(ProducerClient& client, DeliveryToken token);
  // False: there were none.
  bool send_refused(ProducerClient& client);
  std::size_t draw_workload();
  void take(std::span<const DeliveryReport> reports);
  bool has_lost_some(const DeliveryReport& report) const;
  void note_failure(const Error& error);

  Stage& stage_;
  const testing::Plan& plan_;
  const Duration load_;
  ProcessId process_ = kWorld;
  struct Sent {
    std::size_t workload = 0;
    std::uint64_t hash = 0;
    testing::PlannedRecord record;  // until it is acknowledged
  };

  std::vector<Sent> sent_;                 // by delivery token
  std::vector<DeliveryToken> refused_;     // to be sent again
  std::vector<std::uint64_t> left_;        // to be sent, by workload
  std::vector<std::uint64_t> sent_again_;  // by workload
  std::uint64_t left_in_all_ = 0;
  std::uint64_t planned_ = 0;
  std::uint64_t acknowledged_ = 0;
  bool is_done_ = false;
  std::optional<std::string> failure_;
};

}  // namespace rookery::sim
