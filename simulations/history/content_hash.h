// content_hash.h
//
// A number that tells one record's content from another's: its key and its payload, with null and
// empty apart. The same on every machine.
#pragma once

#include <rookery/base/bytes.h>

#include <cstdint>

namespace rookery::sim {

std::uint64_t content_hash(Bytes key, Bytes value);
// Tells keys apart; 0: null, which is no key.
std::uint64_t key_hash(Bytes key);

}  // namespace rookery::sim
