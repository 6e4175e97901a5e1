// topics.cc
//
// Each word: look, plan, ask the person, do, tell.
#include <rookery/cli/topics.h>

#include <rookery/base/nearest.h>
#include <rookery/cli/topics_text.h>

#include <algorithm>
#include <set>
#include <utility>

namespace rookery {
namespace {

using Action = TopicsOptions::Action;

constexpr int kChanged = 2;

Result<std::vector<NewTopic>> chosen_topics(const App& app, const TopicsOptions& options) {
  if (app.topics().empty()) {
    return fail(ErrorCode::kInvalidArgument, "the program declares no topics (App::declare)");
  }
  if (options.topics.empty()) return app.topics();
  std::vector<std::string> names;
  for (const NewTopic& topic : app.topics()) names.push_back(topic.name);
  std::vector<NewTopic> chosen;
  std::set<std::string> seen;
  for (const std::string& wanted : options.topics) {
    if (!seen.insert(wanted).second) continue;
    const auto found = std::find(names.begin(), names.end(), wanted);
    if (found == names.end()) {
      const std::string near = nearest(wanted, names);
      return fail(ErrorCode::kInvalidArgument,
                  "topic '" + wanted + "' is not declared" +
                      (near.empty() ? "" : ": did you mean '" + near + "'?"));
    }
    chosen.push_back(app.topics()[static_cast<std::size_t>(found - names.begin())]);
  }
  return chosen;
}

// Of several errors the first, with how many more there are.
Status first_of(const std::vector<std::pair<std::string, Error>>& errors) {
  if (errors.empty()) return {};
  const auto& [topic, first] = errors.front();
  Error error = first;
  if (errors.size() > 1) {
    error.message += "; and " + std::to_string(errors.size() - 1) + " more failed";
  }
  return fail(std::move(error));
}

std::string counted(std::size_t topics) {
  return std::to_string(topics) + (topics == 1 ? " topic" : " topics");
}

class Topics {
 public:
  Topics(Admin& admin, std::vector<NewTopic> declared, const TopicsOptions& options,
         const Terminal& terminal)
      : admin_(admin), declared_(std::move(declared)), options_(options), terminal_(terminal) {}

  Result<int> run() {
    switch (options_.action) {
      case Action::kList:
        return list();
      case Action::kHealth:
        return health();
      case Action::kPlan:
      case Action::kCarryOut:
        break;
    }
    return change();
  }

 private:
  Result<ClusterDescription> describe() {
    const Waiting waiting(terminal_, "listing topics");
    const TimePoint deadline = admin_.deadline();
    return admin_.persist<ClusterDescription>(
        deadline, [&] { return admin_.client().describe({}, deadline); });
  }

  Result<int> list() {
    auto cluster = describe();
    if (!cluster) return fail(cluster.error());
    auto& topics = cluster->topics;
    if (!options_.are_all) {
      std::erase_if(topics, [](const auto& topic) { return topic.name.starts_with("__"); });
    }
    std::sort(topics.begin(), topics.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return done(terminal_.write(options_.is_json ? topics_json(topics)
                                                 : topics_text(topics, terminal_.width)),
                0);
  }

  std::vector<Result<TopicHealth>> check() {
    const Waiting waiting(terminal_, "checking " + counted(declared_.size()));
    return check_topics(admin_, declared_);
  }

  Result<int> health() {
    HealthReport report;
    bool is_healthy = true;
    for (auto& topic : check()) {
      if (!topic) {
        const std::string& name = declared_[report.topics.size()].name;
        topic = TopicHealth{.topic = name, .problems = {topic.error().text()}};
      }
      is_healthy = is_healthy && topic->problems.empty();
      report.topics.push_back(*std::move(topic));
    }
    return done(terminal_.write(options_.is_json ? health_json(report) : health_text(report)),
                is_healthy ? 0 : 1);
  }

  std::vector<Result<TopicPlan>> look() {
    const Waiting waiting(terminal_, "looking at " + counted(declared_.size()));
    return plan_topics(admin_, declared_);
  }

  std::vector<TopicOutcome> carry_out_all(TopicsOrder order, const std::vector<TopicPlan>& plans) {
    const Waiting waiting(terminal_, std::string(name(order)) + " of " + counted(plans.size()));
    return carry_out(admin_, order, plans);
  }

  Result<int> change() {
    const bool is_plan = options_.action == Action::kPlan;
    TopicsReport report{.action = is_plan ? "plan" : std::string(name(options_.order)),
                        .is_dry = is_plan || options_.is_dry_run};
    const TopicsOrder order = is_plan ? TopicsOrder::kMigrate : options_.order;
    const auto answers = look();
    std::vector<TopicPlan> plans;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      TopicReport& topic = report.topics.emplace_back();
      topic.outcome.topic = declared_[i].name;
      if (!answers[i]) {
        topic.outcome.error = answers[i].error();
        continue;
      }
      topic.remarks = answers[i]->remarks();
      topic.outcome.changes = changes_of(order, *answers[i]);
      if (topic.outcome.changes.empty()) continue;
      places.push_back(i);
      plans.push_back(*answers[i]);
    }
    if (!report.is_dry && !plans.empty()) {
      if (Status asked = ask(order, plans); !asked) return fail(asked.error());
      std::vector<TopicOutcome> outcomes = carry_out_all(order, plans);
      for (std::size_t k = 0; k < places.size(); ++k) {
        report.topics[places[k]].outcome = std::move(outcomes[k]);
      }
    }
    return tell(report);
  }

  // What is lost does not come back.
  Status ask(TopicsOrder order, const std::vector<TopicPlan>& plans) {
    if (options_.is_confirmed) return {};
    if (order != TopicsOrder::kDelete && order != TopicsOrder::kReset) return {};
    std::string names;
    for (const TopicPlan& plan : plans) {
      if (plan.is_there) names += (names.empty() ? "" : ", ") + plan.declared.name;
    }
    if (names.empty()) return {};
    return ask_to_go_on(terminal_, std::string(name(order)) + " takes all records", names);
  }

  Result<int> tell(const TopicsReport& report) {
    std::vector<std::pair<std::string, Error>> errors;
    bool is_changed = false;
    for (const TopicReport& topic : report.topics) {
      if (topic.outcome.error) errors.emplace_back(topic.outcome.topic, *topic.outcome.error);
      is_changed = is_changed || !topic.outcome.changes.empty();
    }
    const Status written =
        terminal_.write(options_.is_json ? report_json(report) : report_text(report));
    if (!written) return fail(written.error());
    return done(first_of(errors), is_changed && options_.is_detailed ? kChanged : 0);
  }

  static Result<int> done(const Status& status, int code) {
    if (!status) return fail(status.error());
    return code;
  }

  Admin& admin_;
  const std::vector<NewTopic> declared_;
  const TopicsOptions& options_;
  const Terminal& terminal_;
};

}  // namespace

Result<int> run_topics(const App& app, Transport& transport, const TopicsOptions& options,
                       const Terminal& terminal) {
  const auto mistakes = validate(app);
  if (!mistakes.empty()) return fail(ErrorCode::kInvalidConfig, mistakes.front().text());
  auto declared = options.action == Action::kList ? Result<std::vector<NewTopic>>(app.topics())
                                                  : chosen_topics(app, options);
  if (!declared) return fail(declared.error());
  const auto admin = Admin::make(transport, client_config(app));
  if (!admin) return fail(admin.error());
  return Topics(**admin, *std::move(declared), options, terminal).run();
}

}  // namespace rookery
