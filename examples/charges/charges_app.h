// charges_app.h
//
// Charges orders at a bank that takes its time: hundreds of orders are under way at once, on a few
// workers. The charges of one customer (the key) happen in the order of the topic.

#pragma once

#include <rookery/routing/app.h>

namespace charges {

inline constexpr const char* kOrders = "orders.v1";
inline constexpr const char* kReceipts = "receipts.v1";
inline constexpr const char* kDeclined = "orders.v1.dlq";

rookery::App charges_app();

}  // namespace charges
