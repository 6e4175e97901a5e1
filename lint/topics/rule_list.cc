// rule_list.cc
//
// One or two sentences for each, for --rules, SARIF and the documents.

#include "lint/topics/rule_list.h"

namespace rookery::lint {

const std::vector<Rule>& topic_rules() {
  static const std::vector<Rule> rules{
      {"name-empty", "A topic has a name."},
      {"name-dots", "'.' and '..' are no names to Kafka: they would be folders of its disk."},
      {"name-length", "Kafka allows 1 to 249 characters."},
      {"name-characters", "Kafka allows letters of ASCII, digits, '.', '_' and '-'."},
      {"name-reserved", "Names that begin with '__' are for topics of Kafka itself."},
      {"name-collision",
       "Kafka's metrics write '.' as '_': two names that are then the same cannot both exist."},
      {"pattern", "The name has the form that the team agreed on."},
      {"words", "A part of the name is one of the words that the team agreed on."},
      {"case", "The name, or a part of it, is written as agreed: kebab, snake, camel ..."},
      {"version", "The name has a version, or has none, as agreed."},
      {"length", "The name, or a part of it, is no longer than agreed."},
      {"dead-letter-suffix", "A topic of dead letters ends in the agreed suffix."},
      {"retry-suffix", "A topic of retries ends in the agreed suffix."},
      {"segment-suffix", "A segment of a topic ends in the agreed suffix."},
      {"test-prefix",
       "Topics of tests begin with a prefix, and no others do: what a test leaves behind is "
       "known."},
      {"exception-expired",
       "An exception in the configuration holds until its day, and then ends."},
      {"route", "A program refuses its own routes, and would not start."},
      {"replication", "A topic with one replica is gone with its broker."},
      {"retention",
       "Records that are kept for a shorter time than they are retried vanish while they wait."},
      {"dead-letter-guarantees",
       "Dead letters are kept at least as safely and as long as the records they were."},
      {"session-timeout",
       "A session of less than three heartbeats ends with the first that comes late."},
      {"baseline-stale", "An entry of the baseline that nothing breaks any more is taken out."},
  };
  return rules;
}

std::vector<std::string> topic_rule_ids() {
  std::vector<std::string> ids;
  for (const Rule& rule : topic_rules()) ids.push_back(rule.id);
  return ids;
}

}  // namespace rookery::lint
