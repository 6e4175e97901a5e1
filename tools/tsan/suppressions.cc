// suppressions.cc
//
// What thread sanitizer reports and is none: each with its reason.
extern "C" {

// libtsan asks the program for these when it starts.
const char* __tsan_default_suppressions() {
  return
      // librdkafka destroys a read-write lock that libtsan takes for held.
      "race:rwlock_destroy\n"
      "mutex:rwlock_destroy\n"
      // A standard exception and its copies share their text; libstdc++.so counts its owners, and
      // was built without the sanitizer, which sees the last of them free what another has read.
      "race:std::runtime_error::~runtime_error\n"
      "race:std::logic_error::~logic_error\n";
}

}  // extern "C"
