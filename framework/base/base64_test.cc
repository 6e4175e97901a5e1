// base64_test.cc
//
// The vectors of RFC 4648, every byte there and back, and what is refused.
#include <rookery/base/base64.h>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <string>

namespace rookery {
namespace {

TEST(Base64, AnswersTheVectorsOfTheRfcWithoutPadding) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64url_encode(bytes), text);
    EXPECT_EQ(base64url_decode(text), bytes);
  }
  EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (const char* text : {"Zg==", "Zg=", "Z", "Zm9vY", "Zm 9", "Zm9v\n", "-_+/", "Zh", "Zm9"}) {
    EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
  }
  EXPECT_EQ(base64url_decode(std::string_view("Zm\0v", 4)), std::nullopt);
}

TEST(Base64, KnowsHowMuchATextHolds) {
  for (std::size_t bytes = 0; bytes < 100; ++bytes) {
    const std::size_t characters = base64url_encode(std::string(bytes, 'x')).size();
    EXPECT_EQ(base64url_capacity(characters), bytes);
    EXPECT_LE(base64url_capacity(characters + 1), bytes + 1);
  }
}

RC_GTEST_PROP(Base64Property, EveryStringComesBack, (const std::string& bytes)) {
  RC_ASSERT(base64url_decode(base64url_encode(bytes)) == bytes);
}

RC_GTEST_PROP(Base64Property, EachTextIsOfOneStringOnly, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ABCDwxyz0189-_+/= ")));
  const auto bytes = base64url_decode(text);
  if (bytes) RC_ASSERT(base64url_encode(*bytes) == text);
}

}  // namespace
}  // namespace rookery
