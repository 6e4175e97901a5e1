// suppressions_test.cc
//
// Under thread sanitizer: an exception whose copy another thread has read may end.
//
// allow-file(os-thread): nothing but the exception may order the two threads.

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

template <typename Exception>
void share() {
  const std::string text(100, 'x');
  std::atomic<bool> is_read = false;
  std::string read;
  std::thread reader;
  {
    const Exception exception(text);
    reader = std::thread([copy = std::make_exception_ptr(exception), &is_read, &read]() mutable {
      try {
        std::rethrow_exception(copy);
      } catch (const std::exception& error) {
        read = error.what();
      }
      copy = nullptr;
      is_read.store(true, std::memory_order_relaxed);
    });
    while (!is_read.load(std::memory_order_relaxed)) {
    }
  }
  reader.join();
  EXPECT_EQ(read, text);
}

TEST(TsanSuppressions, AnExceptionsTextIsShared) {
  share<std::runtime_error>();
  share<std::invalid_argument>();
}

}  // namespace
