// log.h
//
// librdkafka's own log lines, as the program that embeds it gets them.
#pragma once

#include <functional>
#include <string>

namespace rookery {

// A line that librdkafka logged.
struct LibrdkafkaLog {
  int level = 6;  // syslog's: 3 error, 4 warning, 6 info, 7 debug
  std::string client_id;
  std::string facility;  // "FAIL", "REQTMOUT", ...
  std::string message;
};

using LibrdkafkaLogHandler = std::function<void(const LibrdkafkaLog&)>;

}  // namespace rookery
