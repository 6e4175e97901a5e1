// api_errors.cc
//
// One table for each family of requests.

#include "simulations/network/api_errors.h"

#include <array>
#include <string_view>
#include <variant>

#include "simulations/network/apis.h"

namespace rookery::sim {
namespace {

using mock::Request;

constexpr std::array kProduceErrors = {ErrorCode::kNotLeaderOrFollower,
                                       ErrorCode::kNotEnoughReplicas};
constexpr std::array kLeaderErrors = {ErrorCode::kNotLeaderOrFollower};
constexpr std::array kLookupErrors = {ErrorCode::kCoordinatorNotAvailable};
constexpr std::array kCoordinatorErrors = {ErrorCode::kCoordinatorLoadInProgress,
                                           ErrorCode::kNotCoordinator,
                                           ErrorCode::kCoordinatorNotAvailable};

template <class T>
bool is(const Request& request) {
  return std::holds_alternative<T>(request);
}

}  // namespace

std::span<const ErrorCode> retriable_errors(const Request& request) {
  if (is<mock::ProduceRequest>(request)) return kProduceErrors;
  if (is<mock::FetchRequest>(request) || is<mock::ListOffsetsRequest>(request) ||
      is<mock::OffsetsForLeaderEpochRequest>(request)) {
    return kLeaderErrors;
  }
  if (is<mock::FindCoordinatorRequest>(request) || is<mock::InitProducerIdRequest>(request)) {
    return kLookupErrors;
  }
  if (is<mock::JoinGroupRequest>(request) || is<mock::SyncGroupRequest>(request) ||
      is<mock::HeartbeatRequest>(request) || is<mock::LeaveGroupRequest>(request) ||
      is<mock::OffsetCommitRequest>(request) || is<mock::OffsetFetchRequest>(request)) {
    return kCoordinatorErrors;
  }
  return {};
}

bool is_of_api(const Request& request, std::size_t api) {
  return std::string_view(mock::api_name(request)) == faulty_api_name(api);
}

}  // namespace rookery::sim
