// health_server.cc
//
// The words of HTTP are cpp-httplib's.
#include <rookery/health/health_server.h>

#include <rookery/processing/server.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <httplib.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <utility>

namespace rookery {
namespace {

// Some, so that connections on which nobody asks anything keep no probe waiting.
constexpr std::size_t kThreads = 4;
constexpr time_t kPatienceSeconds = 1;  // with one that connects, asks, or takes its answer slowly
constexpr std::size_t kBodyBytesMost = 1024;
constexpr Duration kLookAgain = std::chrono::milliseconds(1);
constexpr Duration kListenAgain = std::chrono::seconds(1);
// How long answers under way may take at the end.
constexpr Duration kEndPatience = std::chrono::seconds(5);
constexpr const char* kJson = "application/json";
constexpr const char* kPrometheusText = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kNotThere =
    R"({"error":"not found: there are /live, /ready and, where it is made, /metrics"})";

// Where memory is out the connection is dropped: the probe fails, and the server stops in order by
// itself.
class ConnectionThreads final : public httplib::ThreadPool {
 public:
  ConnectionThreads() : httplib::ThreadPool(kThreads) {}
  void enqueue(std::function<void()> connection) override {
    httplib::ThreadPool::enqueue([connection = std::move(connection)] {
      try {
        connection();
      } catch (const std::bad_alloc&) {
      }
    });
  }
};

}  // namespace

class HealthServer::Impl {
 public:
  Impl(const Server& server, HealthOptions options)
      : server_(server), options_(std::move(options)) {
    http_.new_task_queue = [] { return new ConnectionThreads(); };
    http_.set_keep_alive_timeout(kPatienceSeconds);
    http_.set_read_timeout(kPatienceSeconds);
    http_.set_write_timeout(kPatienceSeconds);
    http_.set_payload_max_length(kBodyBytesMost);
    // Without SO_REUSEPORT, its default: two programs on one port would answer in turns.
    http_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    http_.set_keep_alive_max_count(1);  // a probe asks once, and the end need not wait for it
    answer_at("/live", [this](httplib::Response& response) {
      const Health health = examine(server_.vitals(), options_.limits);
      tell(health, health.is_alive(), response);
    });
    answer_at("/ready", [this](httplib::Response& response) {
      const Health health = examine(server_.vitals(), options_.limits);
      tell(health, health.is_ready(), response);
    });
    if (options_.metrics) {
      answer_at("/metrics", [this](httplib::Response& response) {
        response.set_content(options_.metrics(), kPrometheusText);
      });
    }
    http_.set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.status == 404 && response.body.empty()) response.set_content(kNotThere, kJson);
    });
    http_.set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, std::exception_ptr thrown) {
          response.status = 500;
          std::string what = "not a std::exception";
          try {
            std::rethrow_exception(std::move(thrown));
          } catch (const std::exception& exception) {
            what = exception.what();
          } catch (...) {
          }
          response.set_content("error: " + what + "\n", "text/plain");
        });
  }

  Status listen() {
    if (options_.port < 0 || options_.port > 65'535) {
      return fail(ErrorCode::kInvalidArgument,
                  "health: port " + std::to_string(options_.port) + ": write 0 to 65535");
    }
    if (Status bound = bind(options_.port); !bound) return bound;
    thread_ = Thread("health", [this] { run(); });
    return {};
  }

  // False: an answer takes too long. Whoever reads it slowly is nobody to wait for, and nothing of
  // the server is touched any more.
  bool end() {
    if (!thread_.joinable()) return true;
    {
      MutexLock lock(mutex_);
      is_over_ = true;
    }
    const TimePoint deadline = deadline_in(kEndPatience);
    bool is_told = false;
    while (!thread_.join_until(std::min(deadline, deadline_in(kLookAgain)))) {
      // Only once, and only while it listens: else it closes what is not its own any more.
      if (!is_told && http_.is_running()) {
        is_told = true;
        http_.stop();
      }
      if (now() >= deadline) return false;
    }
    return true;
  }

  int port() const { return port_; }

 private:
  bool is_over() const {
    MutexLock lock(mutex_);
    return is_over_;
  }

  Status bind(int port) {
    errno = 0;
    if (port == 0) {
      port_ = http_.bind_to_any_port(options_.address);
    } else if (http_.bind_to_port(options_.address, port)) {
      port_ = port;
    } else {
      port_ = -1;
    }
    if (port_ > 0) return {};
    const std::string why = errno != 0 ? std::strerror(errno) : "no such address";
    return fail(ErrorCode::kIo, "health: cannot listen on " + options_.address + ":" +
                                    std::to_string(port) + ": " + why);
  }

  void run() {
    const int port = port_;
    for (;;) {
      http_.listen_after_bind();
      if (is_over()) return;
      note({.code = ErrorCode::kIo,
            .message = "health: listening on port " + std::to_string(port) +
                       " has failed: it is tried again each second"});
      do {
        sleep_until(deadline_in(kListenAgain));
        if (is_over()) return;
      } while (!bind(port));
    }
  }

  void note(const Error& error) const {
    if (options_.on_error) options_.on_error(error);
  }

  template <class Answer>
  void answer_at(const char* path, Answer answer) {
    http_.Get(path, [this, answer](const httplib::Request&, httplib::Response& response) {
      MutexLock lock(mutex_);
      response.status = 503;
      if (!is_over_) {
        response.status = 200;
        answer(response);
      }
    });
  }

  void tell(const Health& health, bool is_healthy, httplib::Response& response) const {
    response.status = is_healthy ? 200 : 500;
    response.set_content(to_json(health, {.is_healthy = is_healthy,
                                          .time = wall_now(),
                                          .port = port_,
                                          .process_id = ::getpid()}),
                         kJson);
  }

  const Server& server_;
  const HealthOptions options_;
  httplib::Server http_;
  std::atomic<int> port_{-1};
  mutable Mutex mutex_{"health", ranks::kApp - 1};  // held while the server is asked
  bool is_over_ = false;
  Thread thread_;
};

HealthServer::HealthServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HealthServer::~HealthServer() {
  if (!impl_->end()) static_cast<void>(impl_.release());  // its threads still have it
}
int HealthServer::port() const { return impl_->port(); }

Result<std::unique_ptr<HealthServer>> HealthServer::start(const Server& server,
                                                          HealthOptions options) {
  auto impl = std::make_unique<Impl>(server, std::move(options));
  if (Status listening = impl->listen(); !listening) return fail(listening.error());
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(impl)));
}

}  // namespace rookery
