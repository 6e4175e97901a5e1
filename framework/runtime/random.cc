// random.cc
//
// The generator of each OS thread.

#include <rookery/runtime/random.h>

#include <random>

#include <rookery/runtime/generator.h>

namespace rookery::detail {
namespace {

std::uint64_t seed_from_system() {
  std::random_device device;
  const std::uint64_t high = device();
  const std::uint64_t low = device();
  return (high << 32) | low;
}

}  // namespace

std::uint64_t os_random_u64() {
  thread_local Generator generator(seed_from_system());
  return generator.next();
}

}  // namespace rookery::detail
