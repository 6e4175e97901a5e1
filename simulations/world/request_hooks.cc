// request_hooks.cc
//
// The cluster asks; what is held is noted here, and let go by a fiber.

#include "simulations/world/request_hooks.h"

#include <rookery/runtime/time.h>

#include <algorithm>
#include <utility>

#include "mockbroker/protocol/error_response.h"

namespace rookery::sim {

using testing::Verdict;

RequestHooks::RequestHooks(Stage& stage, const std::vector<testing::HookMaker>& makers)
    : stage_(stage), start_(stage.scheduler.time()) {
  for (const testing::HookMaker& make : makers) hooks_.push_back(make());
  stage_.network.with_cluster([this](mock::Cluster& cluster, TimePoint) {
    cluster.set_request_filter(
        [this](TimePoint at, NodeId node, const mock::RequestHeader& header,
               const mock::Request& request) { return decide(at, node, header, request); });
  });
}

mock::FilterDecision RequestHooks::decide(TimePoint at, NodeId node,
                                          const mock::RequestHeader& header,
                                          const mock::Request& request) {
  const Uninterrupted scope;
  const testing::SeenRequest seen{.at = at - start_,
                                  .node = node,
                                  .api = mock::api_name(request),
                                  .client_id = header.client_id};
  Verdict verdict;
  for (const testing::RequestHook& hook : hooks_) {
    const Verdict one = hook(seen);
    if (verdict.kind == Verdict::Kind::kPass) verdict = one;
  }
  switch (verdict.kind) {
    case Verdict::Kind::kPass:
      break;
    case Verdict::Kind::kDrop:
      return mock::DropRequest{};
    case Verdict::Kind::kAnswer:
      return mock::error_response(request, verdict.error);
    case Verdict::Kind::kHold:
      held_.push_back(
          {saturating_add(at, verdict.time), node, header.client_id, header.correlation});
      stage_.scheduler.raise(news_);
      return mock::HoldRequest{};
  }
  return mock::PassRequest{};
}

void RequestHooks::run() {
  TimePoint next = kNever;
  for (;;) {
    stage_.scheduler.wait_for_signal(news_, next);
    if (is_over_) return;
    next = release_due(now());
  }
}

TimePoint RequestHooks::release_due(TimePoint at) {
  const auto due = std::stable_partition(held_.begin(), held_.end(),
                                         [at](const Held& held) { return held.until > at; });
  const std::vector<Held> ready(due, held_.end());
  held_.erase(due, held_.end());
  if (!ready.empty()) {
    const WallTime wall = wall_now();
    stage_.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
      cluster.release_held(now, wall,
                           [&](NodeId node, const mock::RequestHeader& header, const auto&) {
                             return std::any_of(ready.begin(), ready.end(), [&](const Held& held) {
                               return held.node == node && held.client_id == header.client_id &&
                                      held.correlation == header.correlation;
                             });
                           });
    });
  }
  TimePoint next = kNever;
  for (const Held& held : held_) next = std::min(next, held.until);
  return next;
}

void RequestHooks::end() {
  is_over_ = true;
  held_.clear();
  const WallTime wall = wall_now();
  stage_.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
    cluster.set_request_filter({});
    cluster.release_held(now, wall);
  });
  stage_.scheduler.raise(news_);
}

}  // namespace rookery::sim
