// c11_threads_test.cc
//
// C11 threads do what the standard says, whoever defines them: glibc in most builds, c11_threads.cc
// under thread sanitizer, where this test is the one that matters.
//
// allow-file(os-thread): it is about these.
// allow-file(os-time): cnd_timedwait takes a time of day.

#include <gtest/gtest.h>
#include <threads.h>

#include <ctime>

namespace {

struct Shared {
  mtx_t mutex;
  cnd_t changed;
  int count = 0;
};

int add_a_thousand(void* pointer) {
  auto* shared = static_cast<Shared*>(pointer);
  for (int i = 0; i < 1000; ++i) {
    mtx_lock(&shared->mutex);
    ++shared->count;
    cnd_signal(&shared->changed);
    mtx_unlock(&shared->mutex);
  }
  return 7;
}

TEST(C11Threads, ShareAMutexAndAConditionAndAnswerWhatTheyReturn) {
  Shared shared;
  ASSERT_EQ(mtx_init(&shared.mutex, mtx_plain), thrd_success);
  ASSERT_EQ(cnd_init(&shared.changed), thrd_success);
  thrd_t first;
  thrd_t second;
  ASSERT_EQ(thrd_create(&first, add_a_thousand, &shared), thrd_success);
  ASSERT_EQ(thrd_create(&second, add_a_thousand, &shared), thrd_success);
  EXPECT_NE(first, thrd_current());
  mtx_lock(&shared.mutex);
  while (shared.count < 2000) cnd_wait(&shared.changed, &shared.mutex);
  mtx_unlock(&shared.mutex);
  int result = 0;
  EXPECT_EQ(thrd_join(first, &result), thrd_success);
  EXPECT_EQ(result, 7);
  EXPECT_EQ(thrd_join(second, nullptr), thrd_success);
  EXPECT_EQ(shared.count, 2000);
  cnd_destroy(&shared.changed);
  mtx_destroy(&shared.mutex);
}

TEST(C11Threads, WaitNoLongerThanTold) {
  Shared shared;
  mtx_init(&shared.mutex, mtx_plain);
  cnd_init(&shared.changed);
  timespec past;
  ASSERT_EQ(timespec_get(&past, TIME_UTC), TIME_UTC);
  past.tv_sec -= 1;
  mtx_lock(&shared.mutex);
  EXPECT_EQ(cnd_timedwait(&shared.changed, &shared.mutex, &past), thrd_timedout);
  mtx_unlock(&shared.mutex);
  cnd_destroy(&shared.changed);
  mtx_destroy(&shared.mutex);
}

TEST(C11Threads, LockARecursiveMutexTwice) {
  mtx_t mutex;
  ASSERT_EQ(mtx_init(&mutex, mtx_plain | mtx_recursive), thrd_success);
  EXPECT_EQ(mtx_lock(&mutex), thrd_success);
  EXPECT_EQ(mtx_trylock(&mutex), thrd_success);
  EXPECT_EQ(mtx_unlock(&mutex), thrd_success);
  EXPECT_EQ(mtx_unlock(&mutex), thrd_success);
  mtx_destroy(&mutex);
}

TEST(C11Threads, FindAHeldMutexBusy) {
  mtx_t mutex;
  ASSERT_EQ(mtx_init(&mutex, mtx_plain), thrd_success);
  mtx_lock(&mutex);
  thrd_t other;
  const auto try_it = [](void* held) { return mtx_trylock(static_cast<mtx_t*>(held)); };
  ASSERT_EQ(thrd_create(&other, try_it, &mutex), thrd_success);
  int result = thrd_success;
  EXPECT_EQ(thrd_join(other, &result), thrd_success);
  EXPECT_EQ(result, thrd_busy);
  mtx_unlock(&mutex);
  mtx_destroy(&mutex);
}

int calls = 0;

TEST(C11Threads, CallOnce) {
  once_flag flag = ONCE_FLAG_INIT;
  const auto count = [] { ++calls; };
  call_once(&flag, count);
  call_once(&flag, count);
  EXPECT_EQ(calls, 1);
}

}  // namespace
