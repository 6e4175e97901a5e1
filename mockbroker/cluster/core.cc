// core.cc
//
// Replies, in the order they are given.
#include "mockbroker/cluster/core.h"

#include <utility>

namespace rookery::mock {

void Core::reply(Requester to, Response response, Milliseconds throttle_time) {
  OutgoingReply& reply = replies.emplace_back();
  reply.reply_to = to.reply_to;
  reply.node = to.node;
  *reply.response = std::move(response);
  reply.throttle_time = throttle_time;
}

void Core::close_connection(Requester to, std::string why) {
  OutgoingReply& reply = replies.emplace_back();
  reply.reply_to = to.reply_to;
  reply.node = to.node;
  reply.response = fail(ErrorCode::kTransport, std::move(why));
}

}  // namespace rookery::mock
