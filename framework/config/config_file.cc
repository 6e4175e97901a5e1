// config_file.cc
//
// From the tree of a document to the values at its leaves.
#include <rookery/base/node.h>
#include <rookery/config/assignment.h>

#include <set>

namespace rookery {
namespace {

class Reader {
 public:
  Reader(const std::string& file, std::vector<std::string>& mistakes)
      : file_(file), mistakes_(mistakes) {}

  void read(const Node& node) {
    if (node.is_map()) {
      read_map(node);
    } else if (path_.empty()) {
      mistake(node, "a configuration has names and values: name: value");
    } else if (node.is_scalar()) {
      add(node, node.text);
    } else {
      read_list(node);
    }
  }

  std::vector<Assignment> take() { return std::move(assignments_); }

 private:
  void read_map(const Node& node) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      path_.push_back(node.keys[i].text);
      if (!seen.insert(path_.back()).second) {
        mistake(node.keys[i], name() + " is there twice");
      } else if (node.children[i].kind == Node::Kind::kNull) {
        mistake(node.keys[i], name() + " has no value");
      } else {
        read(node.children[i]);
      }
      path_.pop_back();
    }
  }

  void read_list(const Node& node) {
    std::string joined;
    for (const Node& child : node.children) {
      if (!child.is_scalar())
        return mistake(child, name() + " is a list of something else than values");
      joined += (joined.empty() ? "" : ",") + child.text;
    }
    add(node, joined);
  }

  void add(const Node& node, std::string value) {
    assignments_.push_back({.path = path_, .value = std::move(value), .place = place(node)});
  }
  void mistake(const Node& node, const std::string& message) {
    mistakes_.push_back(place(node) + ": " + message);
  }
  std::string place(const Node& node) const { return file_ + ":" + std::to_string(node.line); }
  std::string name() const {
    std::string out;
    for (const std::string& word : path_) out += (out.empty() ? "" : ".") + word;
    return out;
  }

  const std::string& file_;
  std::vector<std::string>& mistakes_;
  std::vector<std::string> path_;
  std::vector<Assignment> assignments_;
};

}  // namespace

std::vector<Assignment> read_config(const std::string& file, const std::string& text,
                                    std::vector<std::string>& mistakes) {
  std::string error;
  const auto documents = parse_yaml(text, error);
  if (!documents) {
    mistakes.push_back(file + ":" + error);
    return {};
  }
  Reader reader(file, mistakes);
  if (documents->size() > 1) {
    mistakes.push_back(file + ":" + std::to_string((*documents)[1].line) +
                       ": a second document: a configuration is one");
  }
  if (!documents->empty() && documents->front().kind != Node::Kind::kNull) {
    reader.read(documents->front());
  }
  return reader.take();
}

}  // namespace rookery
