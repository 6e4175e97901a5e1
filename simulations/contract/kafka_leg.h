// kafka_leg.h
//
// The contract suite's leg on a real Apache Kafka.
//
// ROOKERY_KAFKA_BROKERS names its bootstrap servers, ROOKERY_KAFKA_CTL the command that controls it
// (tools/kafka.sh: restart-node, pause, resume). One node: pausing it stops the cluster.
#pragma once

#include "simulations/contract/leg.h"

namespace rookery::contract {

LegFactory kafka_leg();

}  // namespace rookery::contract
