// membership_watch_test.cc
//
// What a member does about what happens to it, and how its threads wait: each rule with a story
// that breaks it, made by hand, and one beside it that does not.
#include "simulations/properties/membership_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "simulations/properties/group_story.h"
#include "simulations/properties/io_watch.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;

TEST(MembershipWatch, ACooperativeMemberGivesUpWhatIsTakenAway) {
  EXPECT_EQ(broken_by([](Story& story) {  // more
              story.open(/*is_cooperative=*/true);
              story.join();
              story.sync({kOrders});
              story.assign(1);
              story.revoke(1);
            }),
            "a cooperative member gives up what is taken away, and no more");
  EXPECT_EQ(broken_by([](Story& story) {  // less
              story.open(/*is_cooperative=*/true);
              story.join();
              story.sync({kOrders});
              story.assign(1);
              story.join({kOrders});
              story.sync({});
              story.join();
            }),
            "what is taken away is given up");
  EXPECT_EQ(broken_by([](Story& story) {
              story.open(/*is_cooperative=*/true);
              story.join();
              story.sync({});
              story.join({kOrders});
            }),
            "a member claims what it has");
  EXPECT_EQ(broken_by([](Story& story) {
              story.open(/*is_cooperative=*/true);
              story.join();
              story.sync({kOrders});
              story.assign(1);
              story.join({kOrders});
              story.sync({});
              story.revoke(1);
              story.join();
            }),
            "");
}

TEST(MembershipWatch, ACoordinatorIsLookedUpForACause) {
  const std::string promise = "a coordinator that answers is not looked up again";
  EXPECT_EQ(broken_by([](Story& story) {
              story.look_up();
              story.join();
              story.sync({});
              story.beat(ErrorCode::kRebalanceInProgress);  // is a good beat
              story.look_up();
            }),
            promise);
  EXPECT_EQ(broken_by([](Story& story) {
              story.look_up();
              story.join();
              story.sync({});
              story.beat(ErrorCode::kNotCoordinator);
              story.look_up();
            }),
            "");
}

TEST(MembershipWatch, TheMemberIdIsKept) {
  const auto joins_without_id_after = [](ErrorCode code) {
    return broken_by([code](Story& story) {
      story.join();
      story.sync({});
      story.beat(code);
      story.join({}, "");
    });
  };
  EXPECT_EQ(joins_without_id_after(ErrorCode::kIllegalGeneration), "the member id is kept");
  EXPECT_EQ(joins_without_id_after(ErrorCode::kUnknownMemberId), "");
}

TEST(MembershipWatch, ASessionThatIsOverIsNoticed) {
  EXPECT_EQ(broken_by([](Story& story) {
              story.join();
              story.sync({});
              story.beat();
              story.wait(3000);
              story.beat();
            }),
            "a session without a good beat is over");
  const auto joins_after_expiry = [](bool looks_up) {
    return broken_by([looks_up](Story& story) {
      story.look_up();
      story.join();
      story.sync({});
      story.beat();
      story.wait(2500);
      if (looks_up) story.look_up();
      story.watch.told(kMember, {ConsumerError{Error{.message = "the session timeout"}, {}}});
      story.join();
    });
  };
  EXPECT_EQ(joins_after_expiry(false), "a session that is over asks for its coordinator");
  EXPECT_EQ(joins_after_expiry(true), "");
}

TEST(MembershipWatch, ASilentApplicationLeaves) {
  EXPECT_EQ(broken_by([](Story& story) {
              story.join();
              story.sync({});
              story.poll(800);
            }),
            "a silent application leaves its group");
  EXPECT_EQ(broken_by([](Story& story) {
              story.join();
              story.sync({});
              story.poll(400);
              story.poll(800, {ConsumerError{Error{.message = "max.poll.interval.ms"}, {}}});
            }),
            "");
}

TEST(MembershipWatch, AFailedBeatIsTriedAgain) {
  const auto tries_again_after = [](int milliseconds_long) {
    return broken_by([milliseconds_long](Story& story) {
      story.join();
      story.sync({});
      story.watch.quiet(true);
      story.beat(ErrorCode::kCoordinatorLoadInProgress);
      story.wait(milliseconds_long);
      story.beat();
    });
  };
  EXPECT_EQ(tries_again_after(350), "a failed beat is tried again");
  EXPECT_EQ(tries_again_after(300), "");
}

TEST(MembershipWatch, ACoordinatorThatIsCutOffIsConnectedAgain) {
  const auto beats = [](bool arrive) {
    return broken_by([arrive](Story& story) {
      story.join();
      story.sync({});
      story.watch.quiet(true);
      story.watch.connections_broken();
      for (int i = 0; i < 20; ++i) {
        story.wait(90);
        story.beat();
        if (arrive) story.watch.arrived(kMember, mock::HeartbeatRequest{});
      }
      story.watch.quiet(false);
    });
  };
  EXPECT_EQ(beats(/*arrive=*/false), "a coordinator that is cut off is connected again");
  EXPECT_EQ(beats(/*arrive=*/true), "");
}

TEST(IoWatch, SlicesAreShortAndEndWithTheirCall) {
  const auto waits = [](int slice, int call, bool is_sliced) {
    return broken_by([=](Story& story) {
      story.watch.io().wait_began(kMember, deadline_in(milliseconds(slice)),
                                  deadline_in(milliseconds(call)), is_sliced);
    });
  };
  EXPECT_EQ(waits(201, 1000, true), "waits for I/O are slices");
  EXPECT_EQ(waits(200, 1000, true), "");
  EXPECT_EQ(waits(201, 1000, false), "");
  EXPECT_EQ(waits(101, 100, false), "the last slice is cut to the deadline");
}

TEST(IoWatch, NobodyWaitsBusily) {
  const auto waits = [](int times, bool is_something_there) {
    return broken_by([=](Story& story) {
      for (int i = 0; i < times; ++i) {
        story.watch.io().wait_began(kMember, now(), kNever, false);
        if (is_something_there) story.watch.io().woken(kMember);
        story.watch.io().wait_ended(kMember, false);
      }
    });
  };
  EXPECT_EQ(waits(5, false), "nobody waits busily");
  EXPECT_EQ(waits(4, false), "");
  EXPECT_EQ(waits(50, true), "");
}

TEST(IoWatch, TheHeartbeatThreadWakesForACause) {
  const auto beats = [](std::uint64_t waits, int causes) {
    return broken_by([=](Story& story) {
      story.watch.io().beat_sent(kMember, 7);
      for (int i = 0; i < causes; ++i) story.watch.io().woken(kMember);
      story.watch.io().beat_sent(kMember, 7 + waits);
    });
  };
  EXPECT_EQ(beats(60, 10), "no wake-up without cause");
  EXPECT_EQ(beats(60, 30), "");
}

}  // namespace
}  // namespace rookery::sim
