// kafka_leg.h
//
// The contract suite's legs on a real Apache Kafka: one node, and three whose listener asks for
// SASL SCRAM.
//
// ROOKERY_KAFKA_BROKERS names its bootstrap servers, ROOKERY_KAFKA_CTL the command that controls it
// (tools/kafka.sh: restart-node, pause, resume, sasl).
#pragma once

#include "simulations/contract/leg.h"

namespace rookery::contract {

LegFactory kafka_leg();
LegFactory kafka3_sasl_leg();

}  // namespace rookery::contract
