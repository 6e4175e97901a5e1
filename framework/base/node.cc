// node.cc
//
// Both readers tell events, and the same builder makes the tree of them.
#include <rookery/base/node.h>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace rookery {
namespace {

// Deep enough for any document of people's, and for the stack of whoever walks the tree.
constexpr std::size_t kDepthMax = 200;
// Aliases of aliases of aliases make a small file large.
constexpr std::size_t kAliasedMax = 1'000'000;

std::size_t size_of(const Node& node) {
  std::size_t size = 1;
  for (const Node& child : node.children) size += size_of(child);
  return size;
}

class Builder {
 public:
  // An anchor of 0 is none.
  void open(Node::Kind kind, int line, std::size_t anchor = 0) {
    if (open_.size() >= kDepthMax) throw std::runtime_error(std::to_string(line) + ": is too deep");
    open_.push_back({.node = {.kind = kind, .line = line}, .anchor = anchor});
  }
  void close() {
    Open last = std::move(open_.back());
    open_.pop_back();
    add(std::move(last.node), last.anchor);
  }
  void add(Node node, std::size_t anchor = 0) {
    if (anchor > 0) anchored_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Node& parent = open_.back().node;
    const bool is_key = parent.is_map() && parent.keys.size() == parent.children.size();
    (is_key ? parent.keys : parent.children).push_back(std::move(node));
  }
  // Once more what had that anchor.
  void add_alias(std::size_t anchor, int line) {
    const Node& node = anchored_[anchor];
    aliased_ += size_of(node);
    if (aliased_ > kAliasedMax) throw std::runtime_error(std::to_string(line) + ": is too large");
    add(node);
  }
  Node take() { return std::exchange(root_, {}); }

 private:
  struct Open {
    Node node;
    std::size_t anchor = 0;
  };
  std::vector<Open> open_;
  std::map<std::size_t, Node> anchored_;
  std::size_t aliased_ = 0;
  Node root_;
};

class YamlEvents : public YAML::EventHandler {
 public:
  // yaml-cpp makes documents without end of a token that can begin none, such as a comma.
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (mark.pos <= last_begin_) {
      throw std::runtime_error(std::to_string(mark.line + 1) +
                               ": is no YAML: unexpected character");
    }
    last_begin_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder.add({.line = mark.line + 1}, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder.add_alias(anchor, mark.line + 1);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // A plain scalar has the tag "?", a quoted one "!".
    const bool is_null = tag == "?" && (value == "~" || value == "null" || value.empty());
    if (is_null) return builder.add({.line = mark.line + 1}, anchor);
    builder.add({.kind = Node::Kind::kScalar, .line = mark.line + 1, .text = value}, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    builder.open(Node::Kind::kList, mark.line + 1, anchor);
  }
  void OnSequenceEnd() override { builder.close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    builder.open(Node::Kind::kMap, mark.line + 1, anchor);
  }
  void OnMapEnd() override { builder.close(); }

  Builder builder;

 private:
  int last_begin_ = -1;
};

// Counts the lines that nlohmann's reader has passed: it tells no places itself.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, int* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (*at_ == '\n') ++*line_;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  int* line_;
};

class JsonEvents {
 public:
  explicit JsonEvents(const int& line) : line_(line) {}

  bool null() { return add({.line = line_}); }
  bool boolean(bool value) { return add_scalar(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { return add_scalar(std::to_string(value)); }
  bool number_unsigned(std::uint64_t value) { return add_scalar(std::to_string(value)); }
  bool number_float(double, const std::string& text) { return add_scalar(text); }
  bool string(std::string& value) { return add_scalar(value); }
  bool key(std::string& value) { return add_scalar(value); }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Node::Kind::kMap); }
  bool start_array(std::size_t) { return open(Node::Kind::kList); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) {
    error_ = std::to_string(line_) + ": is no JSON: " + without_library(error.what());
    return false;
  }

  const std::string& error() const { return error_; }
  Node take() { return builder_.take(); }

 private:
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..."
  static std::string without_library(const std::string& text) {
    const std::size_t at = text.find(": ");
    return at == std::string::npos ? text : text.substr(at + 2);
  }
  bool add(Node node) {
    builder_.add(std::move(node));
    return true;
  }
  bool add_scalar(std::string text) {
    return add({.kind = Node::Kind::kScalar, .line = line_, .text = std::move(text)});
  }
  bool open(Node::Kind kind) {
    builder_.open(kind, line_);
    return true;
  }
  bool close() {
    builder_.close();
    return true;
  }

  const int& line_;
  Builder builder_;
  std::string error_;
};

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (std::size_t i = 0; i < children.size() && i < keys.size(); ++i) {
    if (keys[i].text == key) return &children[i];
  }
  return nullptr;
}

std::string Node::text_of(std::string_view key) const {
  const Node* node = find(key);
  return node != nullptr && node->is_scalar() ? node->text : std::string();
}

std::optional<std::vector<Node>> parse_yaml(std::string_view text, std::string& error) {
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    YamlEvents events;
    std::vector<Node> documents;
    while (parser.HandleNextDocument(events)) documents.push_back(events.builder.take());
    return documents;
  } catch (const YAML::Exception& exception) {
    error = std::to_string(exception.mark.line + 1) + ": is no YAML: " + exception.msg;
  } catch (const std::runtime_error& exception) {
    error = exception.what();
  }
  return std::nullopt;
}

std::optional<Node> parse_json(std::string_view text, std::string& error) {
  int line = 1;
  JsonEvents events(line);
  try {
    const bool is_read =
        nlohmann::json::sax_parse(CountingIterator(text.data(), &line),
                                  CountingIterator(text.data() + text.size(), &line), &events);
    if (is_read) return events.take();
    error = events.error();
  } catch (const std::runtime_error& exception) {
    error = exception.what();
  }
  return std::nullopt;
}

}  // namespace rookery
