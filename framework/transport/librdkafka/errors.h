// errors.h
//
// librdkafka's error codes in the words of the seam.
#pragma once

#include <librdkafka/rdkafka.h>
#include <rookery/base/result.h>

#include <string>

namespace rookery::librdkafka {

ErrorCode code_of(rd_kafka_resp_err_t error);

// "what: librdkafka's text for the code". `what` says which topic, partition or setting.
Error make_error(rd_kafka_resp_err_t error, const std::string& what);
// As above, with a text that librdkafka gave for this very case.
Error make_error(rd_kafka_resp_err_t error, const std::string& what, const char* text);
// Takes flags (fatal, retriable) from the object. Does not own it.
Error make_error(const rd_kafka_error_t* error, const std::string& what);

}  // namespace rookery::librdkafka
