// properties.cc
//
// librdkafka names all its settings in the table that it prints for its documentation alone.
#include <rookery/transport/librdkafka/properties.h>

#include <rookery/transport/librdkafka/config.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string_view>

namespace rookery {
namespace {

std::string printed_table() {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const file = ::open_memstream(&text, &size);
  if (file == nullptr) throw std::bad_alloc();
  rd_kafka_conf_properties_show(file);
  const bool is_whole = std::fclose(file) == 0;
  std::string table = is_whole ? std::string(text, size) : std::string();
  std::free(text);
  if (!is_whole) throw std::bad_alloc();
  return table;
}

}  // namespace

std::optional<std::string> librdkafka_mistake(const std::string& name, const std::string& value) {
  const librdkafka::ConfHandle conf(rd_kafka_conf_new());
  const Status done = librdkafka::set_property(conf.get(), name, value);
  if (done) return std::nullopt;
  // "NAME: what": the name is the caller's to tell.
  return done.error().message.substr(name.size() + 2);
}

// Rows are "name | C/P | range | default | importance | description".
std::vector<std::string> librdkafka_properties() {
  const std::string table = printed_table();
  std::vector<std::string> names;
  for (std::string_view rest = table; !rest.empty();) {
    const std::string_view row = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(row.size() + 1, rest.size()));
    const std::size_t bar = row.find('|');
    if (bar == std::string_view::npos) continue;
    std::string_view name = row.substr(0, bar);
    while (name.ends_with(' ')) name.remove_suffix(1);
    const bool is_name =
        !name.empty() && name != "Property" &&
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._") == std::string_view::npos;
    if (is_name && !librdkafka::takes_pointer(name)) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string librdkafka_features() {
  const librdkafka::ConfHandle conf(rd_kafka_conf_new());
  char text[512];
  std::size_t size = sizeof text;
  if (rd_kafka_conf_get(conf.get(), "builtin.features", text, &size) != RD_KAFKA_CONF_OK) return "";
  return text;
}

}  // namespace rookery
