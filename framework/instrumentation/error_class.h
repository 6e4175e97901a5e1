// error_class.h
//
// What kind of error an exception is, in one word for events, policies and headers of dead letters:
// the demangled name of its dynamic type, or the name that the type declares.
//
//   struct MissingAmount : std::runtime_error { ... };              // "MissingAmount"
//   class Rejected : public std::runtime_error, public rookery::NamedError {
//     std::string error_class() const override { return "MissingField"; }
//   };
#pragma once

#include <exception>
#include <string>

namespace rookery {

// For exception types whose C++ name is not to be seen, or that stand for several errors.
class NamedError {
 public:
  virtual std::string error_class() const = 0;

 protected:
  ~NamedError() = default;
};

std::string class_name(const std::exception& exception);

}  // namespace rookery
