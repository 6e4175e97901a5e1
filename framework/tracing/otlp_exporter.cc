// otlp_exporter.cc
//
// A queue, a thread, and cpp-httplib.
#include <rookery/tracing/otlp_exporter.h>

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>
#include <rookery/tracing/otlp_json.h>

#include <arpa/inet.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <deque>
#include <iterator>
#include <new>
#include <optional>

namespace rookery {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr const char* kPath = "/v1/traces";
constexpr int kDefaultPort = 80;  // of http
constexpr Duration kConnectMost = std::chrono::seconds(2);
constexpr std::size_t kAnswerShown = 200;  // characters of what a collector says

struct Endpoint {
  std::string host;  // of IPv6 without brackets
  int port = kDefaultPort;
  std::string path;
};

bool is_ipv6(const std::string& text) {
  in6_addr address;
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

// "host", "host:port", "[address]", "[address]:port". Error: why it is none.
Result<Endpoint> parse_authority(const std::string& text) {
  const auto wrong = [](const char* why) { return fail(ErrorCode::kInvalidArgument, why); };
  Endpoint found;
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t closing = text.find(']');
    if (closing == std::string::npos) return wrong("its address has no ']'");
    found.host = text.substr(1, closing - 1);
    if (!is_ipv6(found.host)) return wrong("what is in brackets is no address of IPv6");
    end = closing + 1 == text.size() ? std::string::npos : closing + 1;
    if (end != std::string::npos && text[end] != ':') return wrong("behind ']' is no port");
  } else {
    found.host = text.substr(0, end);
    if (end != text.rfind(':')) {
      return wrong(
          "it has several ':', and an address of IPv6 is in brackets, as http://[::1]:4318");
    }
    if (found.host.empty()) return wrong("it names no host");
    if (found.host.find_first_of("[]") != std::string::npos) return wrong("its host has brackets");
  }
  if (end == std::string::npos) return found;
  const char* last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + end + 1, last, found.port);
  if (error != std::errc() || stop != last || found.port < 1 || found.port > 65'535) {
    return wrong("its port is none");
  }
  return found;
}

Result<Endpoint> parse_endpoint(const std::string& text) {
  const auto wrong = [&text](const std::string& why) {
    return fail(ErrorCode::kInvalidArgument,
                "'" + text + "' is no endpoint: " + why + "; write http://host:port");
  };
  if (!text.starts_with(kScheme)) return wrong("it does not begin with http://");
  if (text.find_first_of(" \t\r\n?#@") != std::string::npos) return wrong("it is more than that");
  const std::size_t slash = text.find('/', kScheme.size());
  auto endpoint = parse_authority(
      text.substr(kScheme.size(), slash == std::string::npos ? slash : slash - kScheme.size()));
  if (!endpoint) return wrong(endpoint.error().message);
  std::string path = slash == std::string::npos ? "" : text.substr(slash);
  while (path.ends_with('/')) path.pop_back();
  endpoint->path = path + kPath;
  return endpoint;
}

// What became of one try.
struct Answer {
  bool is_accepted = false;
  bool is_worth_another = false;
  std::optional<Duration> wait = {};  // as the collector asks
  std::size_t rejected = 0;           // although it was accepted
  std::string why = {};
};

// In seconds; a date is not understood, and our own backoff holds.
std::optional<Duration> retry_after(const httplib::Response& response) {
  const std::string text = response.get_header_value("Retry-After");
  std::uint32_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return std::chrono::seconds(seconds);
}

// {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "..."}}; a number may be a string.
void read_rejected(const std::string& body, Answer& answer) {
  const auto parsed = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() || !parsed.contains("partialSuccess")) return;
  const auto& partial = parsed["partialSuccess"];
  if (!partial.is_object() || !partial.contains("rejectedSpans")) return;
  const auto& count = partial["rejectedSpans"];
  const std::string text = count.is_string() ? count.get<std::string>() : count.dump();
  std::from_chars(text.data(), text.data() + text.size(), answer.rejected);
  if (answer.rejected == 0) return;
  answer.why = "the collector rejected them";
  if (partial.contains("errorMessage") && partial["errorMessage"].is_string()) {
    answer.why += ": " + partial["errorMessage"].get<std::string>().substr(0, kAnswerShown);
  }
}

Answer answer_of(const httplib::Result& result) {
  if (!result) {
    return {.is_worth_another = true,
            .why = "the collector is not reached: " + httplib::to_string(result.error())};
  }
  Answer answer;
  answer.is_accepted = result->status >= 200 && result->status < 300;
  if (answer.is_accepted) {
    read_rejected(result->body, answer);
    return answer;
  }
  const int status = result->status;
  answer.is_worth_another = status == 429 || status == 502 || status == 503 || status == 504;
  if (answer.is_worth_another) answer.wait = retry_after(*result);
  answer.why = "the collector answered " + std::to_string(status);
  if (!result->body.empty()) answer.why += ": " + result->body.substr(0, kAnswerShown);
  return answer;
}

class OtlpExporter final : public SpanExporter {
 public:
  OtlpExporter(OtlpOptions options, Endpoint endpoint)
      : options_(std::move(options)),
        endpoint_(std::move(endpoint)),
        http_(endpoint_.host, endpoint_.port) {
    http_.set_keep_alive(true);
    // Nothing interrupts it, and a server that stops waits for it.
    http_.set_connection_timeout(std::min<Duration>(options_.request_timeout, kConnectMost));
    http_.set_read_timeout(options_.request_timeout);
    http_.set_write_timeout(options_.request_timeout);
    thread_ = Thread("otlp", [this] { run(); });
  }

  ~OtlpExporter() override {
    {
      MutexLock lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_all();
    http_.stop();  // a request under way
    thread_.join();
  }

  Status export_spans(std::vector<Span> spans) override {
    MutexLock lock(mutex_);
    const std::size_t room = options_.queue_most - std::min(options_.queue_most, queue_.size());
    const std::size_t kept = std::min(room, spans.size());
    if (queue_.empty() && kept > 0) oldest_at_ = now();
    std::move(spans.begin(), spans.begin() + static_cast<std::ptrdiff_t>(kept),
              std::back_inserter(queue_));
    if (kept < spans.size()) note_lost(spans.size() - kept, "the queue is full");
    // The first has the thread know when, a batch that is full has it go.
    if (queue_.size() == kept || queue_.size() >= options_.batch_most) changed_.notify_all();
    if (now() < tell_again_) return {};
    return take_loss();
  }

  Status flush(TimePoint deadline) override {
    MutexLock lock(mutex_);
    ++flushes_;
    changed_.notify_all();
    const bool is_done =
        changed_.wait_until(lock, deadline, [this] { return queue_.empty() && sending_ == 0; });
    --flushes_;
    const std::size_t left = queue_.size() + sending_;
    const Status loss = take_loss();
    if (is_done) return loss;
    return fail(ErrorCode::kTimedOut, std::to_string(left) + " spans have not gone out in time" +
                                          (loss ? "" : "; " + loss.error().message) +
                                          (why_.empty() ? "" : " (" + why_ + ")"));
  }

 private:
  void run() {
    // A collector that closes its side must not end the process.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    // allow(os-thread): a mask of signals, not a thread
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    while (std::optional<std::vector<Span>> batch = next_batch()) {
      std::string why = "memory is out";
      std::size_t lost = batch->size();
      try {
        lost = send(*batch, why);
      } catch (const std::bad_alloc&) {
      }
      MutexLock lock(mutex_);
      sending_ = 0;
      if (lost > 0) note_lost(lost, why);
      changed_.notify_all();
    }
  }

  // Waits until there is one; none: it is over.
  std::optional<std::vector<Span>> next_batch() {
    MutexLock lock(mutex_);
    for (;;) {
      const bool is_due =
          !queue_.empty() && (flushes_ > 0 || queue_.size() >= options_.batch_most ||
                              now() >= saturating_add(oldest_at_, options_.batch_wait));
      if (is_over_) {
        note_lost(queue_.size(), "the exporter has ended");
        return std::nullopt;
      }
      if (is_due) break;
      // How long a span waits is known when there is one.
      if (queue_.empty()) {
        changed_.wait_until(lock, kNever, [this] { return is_over_ || !queue_.empty(); });
      } else {
        changed_.wait_until(lock, saturating_add(oldest_at_, options_.batch_wait), [this] {
          return is_over_ || flushes_ > 0 || queue_.size() >= options_.batch_most;
        });
      }
    }
    sending_ = std::min(queue_.size(), options_.batch_most);
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(sending_);
    std::vector<Span> batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
    oldest_at_ = now();
    return batch;
  }

  // Answers how many are lost, and why.
  std::size_t send(const std::vector<Span>& batch, std::string& why) {
    const std::string body = otlp_json(batch, options_.service_name);
    httplib::Headers headers(options_.headers.begin(), options_.headers.end());
    const TimePoint give_up_at = deadline_in(options_.give_up_after);
    for (Duration backoff = options_.retry_first;;
         backoff = std::min(backoff * 2, options_.retry_max)) {
      {
        MutexLock lock(mutex_);
        if (is_over_) return batch.size();
      }
      const Answer answer =
          answer_of(http_.Post(endpoint_.path, headers, body, "application/json"));
      why = answer.why;
      if (answer.is_accepted) return std::min(answer.rejected, batch.size());
      const TimePoint again = deadline_in(std::max(answer.wait.value_or(backoff), backoff));
      if (!answer.is_worth_another || again > give_up_at) return batch.size();
      MutexLock lock(mutex_);
      why_ = why;
      if (changed_.wait_until(lock, again, [this] { return is_over_; })) return batch.size();
    }
  }

  void note_lost(std::size_t count, const std::string& why) {
    lost_ += count;
    if (count > 0) why_ = why;
  }

  Status take_loss() {
    if (lost_ == 0) return {};
    tell_again_ = deadline_in(options_.tell_every);
    return fail(ErrorCode::kIo, std::to_string(std::exchange(lost_, 0)) +
                                    " spans were dropped, the last ones because " + why_);
  }

  const OtlpOptions options_;
  const Endpoint endpoint_;
  httplib::Client http_;

  Mutex mutex_{"otlp", ranks::kLeaf};  // guards what follows
  ConditionVariable changed_{"otlp.changed"};
  std::deque<Span> queue_;
  TimePoint oldest_at_{};
  std::size_t sending_ = 0;
  std::size_t lost_ = 0;  // and not told
  std::string why_;
  TimePoint tell_again_{};
  int flushes_ = 0;  // that wait
  bool is_over_ = false;

  Thread thread_;
};

}  // namespace

Status check_otlp_endpoint(const std::string& endpoint) {
  const auto parsed = parse_endpoint(endpoint);
  if (!parsed) return fail(parsed.error());
  return {};
}

Result<std::shared_ptr<SpanExporter>> make_otlp_exporter(OtlpOptions options) {
  auto endpoint = parse_endpoint(options.endpoint);
  if (!endpoint) return fail(endpoint.error());
  if (options.queue_most == 0 || options.batch_most == 0) {
    return fail(ErrorCode::kInvalidArgument, "queue_most and batch_most are at least 1");
  }
  return std::shared_ptr<SpanExporter>(
      std::make_shared<OtlpExporter>(std::move(options), std::move(*endpoint)));
}

}  // namespace rookery
