// error_class.cc
//
// Names of types, readable.
#include <rookery/instrumentation/error_class.h>

#include <cxxabi.h>

#include <cstdlib>
#include <typeinfo>

namespace rookery {

std::string class_name(const std::exception& exception) {
  if (const auto* named = dynamic_cast<const NamedError*>(&exception)) return named->error_class();
  const char* mangled = typeid(exception).name();
  int status = 0;
  char* readable = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
  std::string out = status == 0 && readable ? readable : mangled;
  std::free(readable);
  return out;
}

}  // namespace rookery
