// json_text_test.cc
//
// Words print JSON whatever strangers called their groups, clients and topics.
#include <rookery/cli/json_text.h>

#include <rookery/cli/groups_text.h>
#include <rookery/cli/info.h>
#include <rookery/cli/printable.h>
#include <rookery/cli/topics_text.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace rookery {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

// Broken UTF-8, an escape sequence, DEL and a C1 control.
const std::string kStrange = std::string("a\xff\xfe") + "\x1b[2J\x7f\xc2\x9b" + "é";
const std::string kReplaced = std::string("a\uFFFD\uFFFD") + "\x1b[2J\x7f\xc2\x9b" + "é";

TEST(JsonText, KeepsWhatMayBePrinted) {
  EXPECT_EQ(json_text({{"a", "é"}}), "{\n  \"a\": \"é\"\n}\n");
  EXPECT_EQ(json_text({{"a", "é"}}, -1), "{\"a\":\"é\"}\n");
}

TEST(JsonText, ReplacesAndEscapesAllElse) {
  const std::string text = json_text({{"a", kStrange}});
  EXPECT_TRUE(is_text(text)) << escaped(text);
  EXPECT_EQ(Json::parse(text)["a"], kReplaced);
}

TEST(JsonText, IsWhatWordsOfTheClusterPrint) {
  const std::string groups = descriptions_json(
      {{.group = kStrange,
        .state = "Stable",
        .members = {{.id = kStrange, .instance_id = "", .client_id = kStrange}}}});
  EXPECT_TRUE(is_text(groups)) << escaped(groups);
  EXPECT_EQ(Json::parse(groups)["groups"][0]["group"], kReplaced);
  const std::string listings = listings_json({{.group = kStrange, .state = kStrange}});
  EXPECT_TRUE(is_text(listings)) << escaped(listings);
  const std::string topics = topics_json({{.name = kStrange}});
  EXPECT_TRUE(is_text(topics)) << escaped(topics);
  EXPECT_EQ(Json::parse(topics)["topics"][0]["name"], kReplaced);
  const std::string info = info_json({.client_id = kStrange, .cluster_error = kStrange});
  EXPECT_TRUE(is_text(info)) << escaped(info);
  EXPECT_EQ(Json::parse(info)["cluster_error"], kReplaced);
}

}  // namespace
}  // namespace rookery
