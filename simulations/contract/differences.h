// differences.h
//
// Reads mockbroker/DIFFERENCES.md: what the in-process Kafka, or a version of librdkafka, does
// otherwise.
#pragma once

#include <string>
#include <vector>

namespace rookery::contract {

// The identifiers in the first column of the document's table. Empty when the document cannot be
// read.
std::vector<std::string> listed_differences();
bool is_listed_difference(const std::string& identifier);

}  // namespace rookery::contract
