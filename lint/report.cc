// report.cc
//
// The formats of lines: text and GitHub's annotations. Those made of JSON are in report_json.cc.

#include "lint/report.h"

#include <cstddef>
#include <ostream>

#include "lint/printable.h"
#include "lint/report_json.h"

namespace rookery::lint {
namespace {

// GitHub ends a workflow command at the line's end, and its properties at commas and colons.
std::string escape(const std::string& text, bool is_property) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '%':
        out += "%25";
        break;
      case '\r':
        out += "%0D";
        break;
      case '\n':
        out += "%0A";
        break;
      case ':':
        out += is_property ? "%3A" : ":";
        break;
      case ',':
        out += is_property ? "%2C" : ",";
        break;
      default:
        out += c;
    }
  }
  return out;
}

const char* command_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "notice";
  }
  return "error";
}

void write_annotation(std::ostream& out, const Finding& finding, const Linter& linter) {
  out << "::" << command_of(finding.severity) << ' ';
  const bool has_file = finding.file != "-";
  if (has_file) out << "file=" << escape(printable(finding.file), true) << ',';
  if (has_file && finding.line > 0) out << "line=" << finding.line << ',';
  out << "title=" << escape(linter.name + " " + finding.rule, true);
  const bool is_place_told = !has_file || !finding.setting.empty();
  const std::string message =
      (is_place_told ? printable(place_of(finding)) + ": " : "") + sentence_of(finding);
  out << "::" << escape(message, false) << '\n';
}

void write_text(std::ostream& out, const Findings& findings, const Linter& linter) {
  for (const Finding& finding : findings) {
    out << printable(place_of(finding)) << ": " << finding.rule << ": " << sentence_of(finding)
        << '\n';
  }
  out << linter.name << ": ";
  if (findings.empty()) {
    out << "no findings\n";
  } else {
    out << findings.size() << (findings.size() == 1 ? " finding\n" : " findings\n");
  }
}

}  // namespace

const std::vector<std::string>& format_names() {
  static const std::vector<std::string> names{"text", "json", "sarif", "github"};
  return names;
}

std::string place_of(const Finding& finding) {
  if (!finding.setting.empty()) {
    return finding.file == "-" ? finding.setting : finding.file + "#" + finding.setting;
  }
  if (finding.line <= 0) return finding.file;
  return finding.file + ":" + std::to_string(finding.line);
}

std::string sentence_of(const Finding& finding) {
  if (finding.suggestion.empty()) return printable(finding.message);
  return printable(finding.message) + "; try " + in_quotes(finding.suggestion);
}

void write_report(std::ostream& out, const Findings& findings, Format format,
                  const Linter& linter) {
  switch (format) {
    case Format::kText:
      return write_text(out, findings, linter);
    case Format::kJson:
      return write_json(out, findings);
    case Format::kSarif:
      return write_sarif(out, findings, linter);
    case Format::kGithub:
      for (const Finding& finding : findings) write_annotation(out, finding, linter);
      return;
  }
}

}  // namespace rookery::lint
