// c11_threads.cc
//
// C11 threads by pthreads, for thread sanitizer builds only.
//
// Debian's librdkafka calls glibc's thrd_*, mtx_* and cnd_*, which libtsan does not intercept: it
// sees threads nobody created and crashes. Definitions in the program come before glibc's, and
// those below call what libtsan does intercept. suppressions.cc has what is left.

// allow-file(os-thread): these are the threads of librdkafka, which no simulation runs.

#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <memory>

static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t));
static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t));

namespace {

pthread_mutex_t* native(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* native(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }

int answer(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case EBUSY:
      return thrd_busy;
    case ENOMEM:
      return thrd_nomem;
    case ETIMEDOUT:
      return thrd_timedout;
    default:
      return thrd_error;
  }
}

struct Start {
  thrd_start_t function;
  void* argument;
};

void* run(void* pointer) {
  const std::unique_ptr<Start> start(static_cast<Start*>(pointer));
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(start->function(start->argument)));
}

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  auto start = std::make_unique<Start>(Start{function, argument});
  const int error = pthread_create(thread, nullptr, run, start.get());
  if (error == 0) static_cast<void>(start.release());
  return error == EAGAIN ? thrd_nomem : answer(error);
}

int thrd_join(thrd_t thread, int* result) {
  void* value = nullptr;
  const int error = pthread_join(thread, &value);
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(value));
  return answer(error);
}

int thrd_detach(thrd_t thread) { return answer(pthread_detach(thread)); }

thrd_t thrd_current() { return pthread_self(); }

void call_once(once_flag* flag, void (*function)()) {
  pthread_once(reinterpret_cast<pthread_once_t*>(flag), function);
}

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if ((type & mtx_recursive) != 0) {
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  }
  const int error = pthread_mutex_init(native(mutex), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return answer(error);
}

void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy(native(mutex)); }
int mtx_lock(mtx_t* mutex) { return answer(pthread_mutex_lock(native(mutex))); }
int mtx_trylock(mtx_t* mutex) { return answer(pthread_mutex_trylock(native(mutex))); }
int mtx_unlock(mtx_t* mutex) { return answer(pthread_mutex_unlock(native(mutex))); }

int mtx_timedlock(mtx_t* mutex, const timespec* until) {
  return answer(pthread_mutex_timedlock(native(mutex), until));
}

int cnd_init(cnd_t* condition) { return answer(pthread_cond_init(native(condition), nullptr)); }
void cnd_destroy(cnd_t* condition) { pthread_cond_destroy(native(condition)); }
int cnd_signal(cnd_t* condition) { return answer(pthread_cond_signal(native(condition))); }
int cnd_broadcast(cnd_t* condition) { return answer(pthread_cond_broadcast(native(condition))); }

int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return answer(pthread_cond_wait(native(condition), native(mutex)));
}

int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  return answer(pthread_cond_timedwait(native(condition), native(mutex), until));
}

}  // extern "C"
