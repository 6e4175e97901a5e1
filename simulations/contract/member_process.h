// member_process.h
//
// The other member as a process of the operating system, over librdkafka: SIGSTOP freezes it.
#pragma once

#include <rookery/transport/transport.h>

#include <memory>

#include "simulations/contract/other_member.h"

namespace rookery::contract {

// `common`: the settings of its transport. Fails the test, and answers a member that says nothing,
// when it cannot be started.
std::unique_ptr<OtherMember> start_member_process(const ConfigMap& common,
                                                  const OtherMemberSettings& settings);

}  // namespace rookery::contract
