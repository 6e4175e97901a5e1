// stage.h
//
// What the parts of one run share. All of it belongs to the run and lives outside of its fibers.
#pragma once

#include "mockbroker/cluster/cluster.h"
#include "simulations/checkers/judge.h"
#include "simulations/faults/handler_faults.h"
#include "simulations/history/history.h"
#include "simulations/history/recorder.h"
#include "simulations/network/simulated_network.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

struct Stage {
  Stage(int nodes, const mock::ClusterOptions& options)
      : judge(history), cluster(options), recorder(history), network(cluster, nodes) {}

  Scheduler& scheduler = *Scheduler::current();
  History history;
  Judge judge;
  mock::Cluster cluster;
  Recorder recorder;
  SimulatedNetwork network;
  HandlerFaults handler_faults;
};

}  // namespace rookery::sim
