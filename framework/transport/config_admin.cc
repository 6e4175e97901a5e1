// config_admin.cc
//
// What a resource is called in errors.
#include <rookery/transport/config_admin.h>

#include <rookery/base/topic_partition.h>

#include <charconv>

namespace rookery {

std::string ConfigResource::text() const {
  if (kind == ConfigResourceKind::kTopic) return "topic '" + name + "'";
  return "broker " + name;
}

Status ConfigResource::check() const {
  if (kind == ConfigResourceKind::kTopic) {
    if (!name.empty()) return {};
    return fail(ErrorCode::kInvalidTopic, "settings: a topic without a name");
  }
  NodeId id = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error == std::errc() && end == name.data() + name.size() && id >= 0) return {};
  return fail(ErrorCode::kInvalidArgument,
              "settings: a broker is named by its id, not '" + name + "'");
}

}  // namespace rookery
