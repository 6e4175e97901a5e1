// administrators.h
//
// What the cases of administrators (framework/admin) share.
#pragma once

#include <rookery/admin/admin.h>

#include <memory>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {

std::unique_ptr<Admin> make_administrator(Contract& test);

// Brokers learn of it one after the other: until each that answers has, so many times in a row.
void await_gone(Contract& test, const std::string& topic);

}  // namespace rookery::contract
