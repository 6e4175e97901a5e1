// rules_test.cc
//
// Each rule fires where it should and stays silent where it should; so do the markers.
// allow-file(weak-hash): what the rule is tried on

#include "lint/source/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Findings check(const std::string& path, const std::string& text) {
  Tree tree([](const std::string&) { return std::nullopt; });
  Lengths lengths;
  return check_source(parse_source(path, text), tree, lengths);
}

// The rules that object to `code` in a file at `path` whose banner is right; "rule:line" each, with
// line 1 the first of `code`.
std::vector<std::string> objections(const std::string& path, const std::string& code) {
  const std::string banner =
      "// " + std::string(file_name(path)) + "\n//\n// What this file is for.\n";
  std::vector<std::string> result;
  for (const Finding& finding : check(path, banner + code)) {
    EXPECT_EQ(finding.file, path);
    EXPECT_FALSE(finding.message.empty());
    result.push_back(finding.rule + ":" + std::to_string(finding.line - 3));
  }
  return result;
}

std::vector<std::string> objections(const std::string& code) {
  return objections("framework/processing/app.cc", code);
}

TEST(OsTime, FiresOnEachWayToTheClock) {
  EXPECT_THAT(objections("auto t = std::chrono::steady_clock::now();"), ElementsAre("os-time:1"));
  EXPECT_THAT(objections("auto t = system_clock::now();"), ElementsAre("os-time:1"));
  EXPECT_THAT(objections("\nclock_gettime(CLOCK_REALTIME, &ts);"), ElementsAre("os-time:2"));
  EXPECT_THAT(objections("const auto t = time(nullptr);"), ElementsAre("os-time:1"));
  EXPECT_THAT(objections("return std::time(nullptr);"), ElementsAre("os-time:1"));
  EXPECT_THAT(objections("::sleep(3);"), ElementsAre("os-time:1"));
  EXPECT_THAT(objections("usleep(3);"), ElementsAre("os-time:1"));
}

TEST(OsTime, IsSilentOnOurOwnClockAndOnTypes) {
  EXPECT_THAT(objections("auto t = runtime::now();"), IsEmpty());
  EXPECT_THAT(objections("std::chrono::steady_clock::time_point t;"), IsEmpty());
  EXPECT_THAT(objections("TimePoint time() const;\nauto t = record.time();"), IsEmpty());
  EXPECT_THAT(objections("using clock = std::chrono::steady_clock;"), IsEmpty());
  EXPECT_THAT(objections("runtime::sleep(3s);  // not usleep(3)"), IsEmpty());
  EXPECT_THAT(objections("log(\"std::time(nullptr)\");"), IsEmpty());
}

TEST(OsTime, IsSilentInTheRuntime) {
  EXPECT_THAT(objections("framework/runtime/time.cc", "auto t = steady_clock::now();"), IsEmpty());
  EXPECT_THAT(objections("framework/runtimes/time.cc", "auto t = steady_clock::now();"),
              ElementsAre("os-time:1"));
}

TEST(OsThread, FiresOnThreadsAndLocks) {
  EXPECT_THAT(objections("std::thread t;"), ElementsAre("os-thread:1"));
  EXPECT_THAT(objections("std::mutex m;\nstd::condition_variable c;"),
              ElementsAre("os-thread:1", "os-thread:2"));
  EXPECT_THAT(objections("std::this_thread::yield();"), ElementsAre("os-thread:1"));
  EXPECT_THAT(objections("std::promise<int> p;"), ElementsAre("os-thread:1"));
  EXPECT_THAT(objections("pthread_create(&t, nullptr, f, nullptr);"), ElementsAre("os-thread:1"));
}

TEST(OsThread, IsSilentOnOurOwnAndInTheRuntime) {
  EXPECT_THAT(objections("Thread t; Mutex m; std::scoped_lock lock(m);"), IsEmpty());
  EXPECT_THAT(objections("framework/runtime/thread.cc", "std::thread t;"), IsEmpty());
}

TEST(OsDice, FiresOnEachWayToRandomness) {
  EXPECT_THAT(objections("std::random_device d;"), ElementsAre("os-dice:1"));
  EXPECT_THAT(objections("const int a = rand();"), ElementsAre("os-dice:1"));
  EXPECT_THAT(objections("x = std::rand() % 6;"), ElementsAre("os-dice:1"));
  EXPECT_THAT(objections("getrandom(&a, sizeof a, 0);"), ElementsAre("os-dice:1"));
}

TEST(OsDice, IsSilentOnOurOwnAndInTheRuntime) {
  EXPECT_THAT(objections("auto a = runtime::random(); int operand = strand(3);"), IsEmpty());
  EXPECT_THAT(objections("framework/runtime/random.cc", "std::random_device d;"), IsEmpty());
}

TEST(ThreadLocal, FiresOutsideTheRuntimeOnly) {
  EXPECT_THAT(objections("thread_local int a;"), ElementsAre("thread-local:1"));
  EXPECT_THAT(objections("FiberLocal<int> not_thread_local_at_all;"), IsEmpty());
  EXPECT_THAT(objections("framework/runtime/a.cc", "thread_local int a;"), IsEmpty());
}

TEST(WeakHash, FiresOnMd5AndSha1) {
  EXPECT_THAT(objections("#include <openssl/md5.h>"), ElementsAre("weak-hash:1"));
  EXPECT_THAT(objections("\nMD5_Init(&state);"), ElementsAre("weak-hash:2"));
  EXPECT_THAT(objections("EVP_Digest(d, n, out, &size, EVP_md5(), nullptr);"),
              ElementsAre("weak-hash:1"));
  EXPECT_THAT(objections("SHA1(data, size, out);"), ElementsAre("weak-hash:1"));
  EXPECT_THAT(objections("const auto id = HashSha1(text);"), ElementsAre("weak-hash:1"));
  EXPECT_THAT(objections("const auto* m = EVP_get_digestbyname(\"SHA-1\");  // why?"),
              ElementsAre("weak-hash:1"));
}

TEST(WeakHash, IsSilentOnSha256AndOnWhatIdentifiesNothing) {
  EXPECT_THAT(objections("EVP_Digest(d, n, out, &size, EVP_sha256(), nullptr);"), IsEmpty());
  EXPECT_THAT(objections("const char* mechanism = \"SCRAM-SHA-256\"; int sha_128 = 0;"), IsEmpty());
  EXPECT_THAT(objections("partition = murmur2(key) % count;"), IsEmpty());
  EXPECT_THAT(objections("int a;  // never md5\n/* nor\n   sha1 */"), IsEmpty());
}

TEST(Layering, FiresOnAnArrowUpwards) {
  EXPECT_THAT(objections("framework/base/a.h", "#include <rookery/transport/record.h>"),
              ElementsAre("layering:1"));
  EXPECT_THAT(objections("framework/transport/a.h", "#include \"framework/processing/app.h\""),
              ElementsAre("layering:1"));
  EXPECT_THAT(objections("mockbroker/protocol/a.h", "#include \"mockbroker/client/client.h\""),
              ElementsAre("layering:1"));
  EXPECT_THAT(objections("simulations/scheduler/a.h", "#include \"simulations/world/world.h\""),
              ElementsAre("layering:1"));
}

TEST(Layering, FiresWhereTheFrameworkLooksAtItsTests) {
  EXPECT_THAT(objections("framework/cli/a.cc", "#include \"mockbroker/cluster/cluster.h\""),
              ElementsAre("layering:1"));
  EXPECT_THAT(objections("framework/cli/a.cc", "#include \"simulations/world/world.h\""),
              ElementsAre("layering:1"));
  EXPECT_THAT(objections("framework/cli/a.cc", "#include <rookery/testing.h>"),
              ElementsAre("layering:1"));
  EXPECT_THAT(objections("mockbroker/client/a.cc", "#include \"bench/figures.h\""),
              ElementsAre("layering:1"));
}

TEST(Layering, FiresWhereTheSchedulerKnowsKafka) {
  EXPECT_THAT(objections("simulations/scheduler/a.cc", "#include \"mockbroker/cluster/cluster.h\""),
              ElementsAre("layering:1"));
}

TEST(Layering, FiresWhereProcessingNamesATransport) {
  EXPECT_THAT(objections("#include <rookery/transport/librdkafka/transport.h>"),
              ElementsAre("layering:1"));
}

TEST(Layering, LetsRoutesNameAConsumerButNotTheEngine) {
  EXPECT_THAT(objections("framework/routing/app.h", "#include <rookery/processing/consumer.h>"),
              IsEmpty());
  EXPECT_THAT(objections("framework/routing/app.h", "#include <rookery/processing/server.h>"),
              ElementsAre("layering:1"));
}

TEST(Layering, IsSilentDownwardsWithinARoomAndAtTheTop) {
  EXPECT_THAT(objections("#include <rookery/base/result.h>\n#include <rookery/processing/app.h>"),
              IsEmpty());
  EXPECT_THAT(objections("framework/cli/a.cc", "#include <rookery/transport/librdkafka/make.h>"),
              IsEmpty());
  EXPECT_THAT(objections("simulations/world/a.cc",
                         "#include <rookery/rookery.h>\n#include \"mockbroker/client/client.h\""),
              IsEmpty());
  EXPECT_THAT(objections("examples/archive/a.cc", "#include <rookery/testing.h>"), IsEmpty());
}

TEST(Layering, KeepsTimeThreadsAndDiceOutOfTheCluster) {
  for (const std::string header : {"<thread>", "<mutex>", "<random>", "<rookery/runtime/time.h>",
                                   "<rookery/runtime/mutex.h>", "<ctime>"}) {
    EXPECT_THAT(objections("mockbroker/cluster/a.cc", "#include " + header),
                ElementsAre("layering:1"))
        << header;
  }
}

TEST(Layering, LetsTheClusterSeeTypesAndItsTestAnything) {
  EXPECT_THAT(objections("mockbroker/cluster/a.cc",
                         "#include <map>\n#include <rookery/runtime/time_types.h>"),
              IsEmpty());
  EXPECT_THAT(objections("mockbroker/cluster/a_test.cc", "#include <random>"), IsEmpty());
  EXPECT_THAT(objections("mockbroker/client/a.cc", "#include <rookery/runtime/mutex.h>"),
              IsEmpty());
}

TEST(Librdkafka, FiresOutsideItsTransport) {
  EXPECT_THAT(objections("#include <librdkafka/rdkafka.h>"), ElementsAre("librdkafka:1"));
  EXPECT_THAT(objections("framework/transport/a.h", "#include <librdkafka/rdkafka.h>"),
              ElementsAre("librdkafka:1"));
}

TEST(Librdkafka, IsSilentInItsTransportAndInTheBenchmarks) {
  EXPECT_THAT(objections("framework/transport/librdkafka/a.h", "#include <librdkafka/rdkafka.h>"),
              IsEmpty());
  EXPECT_THAT(objections("bench/raw.cc", "#include <librdkafka/rdkafka_mock.h>"), IsEmpty());
}

std::vector<std::string> banner_objections(const std::string& text) {
  std::vector<std::string> result;
  for (const Finding& finding : check("framework/base/bytes.h", text)) {
    result.push_back(finding.rule + ":" + std::to_string(finding.line));
  }
  return result;
}

TEST(Banner, FiresWithoutNameOrPurpose) {
  EXPECT_THAT(banner_objections(""), ElementsAre("banner:1"));
  EXPECT_THAT(banner_objections("#pragma once\n"), ElementsAre("banner:1"));
  EXPECT_THAT(banner_objections("// byte.h\n//\n// Views of bytes.\n"), ElementsAre("banner:1"));
  EXPECT_THAT(banner_objections("// bytes.h\n\n#pragma once\n"), ElementsAre("banner:2"));
  EXPECT_THAT(banner_objections("// bytes.h\n//\n// Bytes.\n"), ElementsAre("banner:2"));
}

TEST(Banner, IsSilentWithBoth) {
  EXPECT_THAT(banner_objections("// bytes.h\n//\n// Views of bytes.\n"), IsEmpty());
  EXPECT_THAT(banner_objections("// bytes.h\n// Views of bytes.\n"), IsEmpty());
}

TEST(TestName, FiresOnWhatIsNoCamelCase) {
  EXPECT_THAT(objections("TEST(ledger, CommitsInOrder) {}"), ElementsAre("test-name:1"));
  EXPECT_THAT(objections("\nTEST_F(Ledger, commits_in_order) {}"), ElementsAre("test-name:2"));
  EXPECT_THAT(objections("RC_GTEST_PROP(Ledger, Commits_InOrder, (int a)) {}"),
              ElementsAre("test-name:1"));
}

TEST(TestName, FiresOnWhatDoesNotSayWhatHolds) {
  for (const std::string name : {"Test1", "Test", "Works", "BasicTest", "Basic2", "Commit",
                                 "SimpleCase3", "ItWorksCorrectly"}) {
    EXPECT_THAT(objections("TEST(Ledger, " + name + ") {}"), ElementsAre("test-name:1")) << name;
  }
}

TEST(TestName, FiresOnWhatIsSwitchedOff) {
  EXPECT_THAT(objections("TEST(Ledger, DISABLED_CommitsInOrder) {}"), ElementsAre("test-name:1"));
}

TEST(TestName, IsSilentOnSentences) {
  EXPECT_THAT(objections("TEST(Ledger, CommitsInOrder) {}\nTEST_P(Kip848, JoinsTwice) {}\n"
                         "TEST(Ledger,\n     CommitsTheContiguousPrefixOnly) {}\n"
                         "RC_GTEST_PROP(Ledger, IsAModel, (int a)) {}"),
              IsEmpty());
  EXPECT_THAT(objections("#define TEST(a, b) int a##b\n// TEST(a, b)\nMY_TEST(a, b) {}"),
              IsEmpty());
}

TEST(LengthRules, AreHeldAndMarked) {
  std::string body;
  for (int i = 0; i < 80; ++i) body += "  g();\n";
  EXPECT_THAT(objections("void f() {\n" + body + "}\n"), ElementsAre("function-length:1"));
  EXPECT_THAT(objections("// allow(function-length): a table of steps, read from top to bottom\n"
                         "void f() {\n" +
                         body + "}\n"),
              IsEmpty());
  EXPECT_THAT(objections("// allow-file(file-length): generated from the protocol's documents\n" +
                         std::string(400, '\n')),
              IsEmpty());
}

TEST(UnorderedRule, IsHeldAndMarked) {
  const std::string code = "std::unordered_set<int> a;\nvoid f() { for (int b : a) g(b); }";
  EXPECT_THAT(objections(code), ElementsAre("unordered-iteration:2"));
  EXPECT_THAT(objections(code + "  // allow(unordered-iteration): sorted below"), IsEmpty());
}

TEST(Allow, CoversItsLineAndTheNext) {
  EXPECT_THAT(objections("thread_local int a;  // allow(thread-local): a test of the ban itself"),
              IsEmpty());
  EXPECT_THAT(objections("// allow(thread-local): a test of the ban itself\nthread_local int a;"),
              IsEmpty());
  EXPECT_THAT(
      objections("// allow(thread-local): one only\nthread_local int a;\nthread_local int b;"),
      ElementsAre("thread-local:3"));
}

TEST(Allow, CoversAFile) {
  EXPECT_THAT(objections("// allow-file(os-thread): C11 threads\n\nstd::mutex a;\nstd::mutex b;"),
              IsEmpty());
}

TEST(Allow, CoversItsRuleOnly) {
  EXPECT_THAT(objections("std::mutex a;  // allow(os-time): the wrong one"),
              ElementsAre("os-thread:1", "allow:1"));
}

TEST(Allow, NeedsAReason) {
  EXPECT_THAT(objections("std::mutex a;  // allow(os-thread)"), ElementsAre("allow:1"));
  EXPECT_THAT(objections("std::mutex a;  // allow(os-thread): "), ElementsAre("allow:1"));
}

TEST(Allow, NeedsSomethingToAllow) {
  EXPECT_THAT(objections("int a;  // allow(os-thread): it was once a mutex"),
              ElementsAre("allow:1"));
}

TEST(Allow, IsNotSeenInLiteralsAndProse) {
  EXPECT_THAT(objections("f(\"// allow(os-thread): no\");\n// Write `// allow(os-time): why`."),
              IsEmpty());
}

TEST(Rules, OrderFindingsByLineAndAdvise) {
  const Findings findings =
      check("framework/base/a.cc",
            "// a.cc\n//\n// What it is for.\nstd::mutex a;\n#include <rookery/cli/main.h>\n");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].line, 4);
  EXPECT_THAT(findings[0].message, HasSubstr("rookery/runtime/thread.h"));
  EXPECT_EQ(findings[1].line, 5);
}

TEST(Rules, AreAllListed) {
  std::vector<std::string> ids;
  for (const Rule& rule : source_rules()) ids.push_back(rule.id);
  for (const std::string id :
       {"os-time", "os-thread", "os-dice", "thread-local", "layering", "librdkafka", "weak-hash",
        "banner", "file-length", "function-length", "length-stale", "unordered-iteration",
        "test-name", "build-visibility", "retries", "snippet", "allow"}) {
    EXPECT_THAT(ids, ::testing::Contains(id));
  }
}

TEST(Rules, RefuseFilesThatNoRuleKnows) {
  Tree tree([](const std::string& path) {
    return path == "a.py" ? std::optional<std::string>("a = 1") : std::nullopt;
  });
  Lengths lengths;
  EXPECT_THROW((void)check_file("a.py", tree, lengths), std::runtime_error);
  EXPECT_THROW((void)check_file("a.cc", tree, lengths), std::runtime_error);
  EXPECT_THROW((void)check_file("a.md", tree, lengths), std::runtime_error);
}

}  // namespace
}  // namespace rookery::lint
