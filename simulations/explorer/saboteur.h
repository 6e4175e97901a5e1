// saboteur.h
//
// A transport that breaks promises on purpose, between the server and the in-process Kafka, so that
// tests can see the checkers notice.
#pragma once

#include <rookery/transport/transport.h>

#include <functional>
#include <memory>

namespace rookery::sim {

// What is broken; all that is empty passes through.
struct Sabotage {
  // Changes an offset that is about to be committed.
  std::function<Offset(Offset)> commit = {};
  // Changes the records of a batch, in place: drops, doubles.
  std::function<void(std::vector<Record>&)> take = {};
  // One in so many records sent is reported as acknowledged and goes nowhere.
  std::uint64_t lose_output_one_in = 0;
  // One in so many seeks is told as failed, with its outcome unknown: every other of them has
  // moved the stream.
  std::uint64_t fail_seek_one_in = 0;
  // Partitions are handed back at once, and the server hears of it so much later.
  Duration late_revocation{0};
};

std::unique_ptr<Transport> make_saboteur(Transport& inner, const Sabotage& sabotage);

}  // namespace rookery::sim
