// topic_partition.cc
//
// Lists of partitions as text.
#include <rookery/base/topic_partition.h>

#include <algorithm>

namespace rookery {

std::string text(std::vector<TopicPartition> partitions) {
  std::sort(partitions.begin(), partitions.end());
  std::string out;
  for (std::size_t i = 0; i < partitions.size();) {
    const std::string& topic = partitions[i].topic;
    if (!out.empty()) out += ", ";
    out += topic + "-[";
    for (std::size_t first = i; i < partitions.size() && partitions[i].topic == topic; ++i) {
      if (i != first) out += ',';
      out += std::to_string(partitions[i].partition);
    }
    out += ']';
  }
  return out;
}

}  // namespace rookery
