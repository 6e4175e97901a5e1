// config_admin.cc
//
// What a resource is called in errors.
#include <rookery/transport/config_admin.h>

namespace rookery {

std::string ConfigResource::text() const {
  if (kind == ConfigResourceKind::kTopic) return "topic '" + name + "'";
  return name.empty() ? "all brokers" : "broker " + name;
}

}  // namespace rookery
