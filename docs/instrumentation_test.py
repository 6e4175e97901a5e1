# instrumentation_test.py
#
# docs/instrumentation.md, the table of error types and the sources say the same: each event and each
# type of error stands in the guide with its fields, each type that the sources publish is in the table
# and the other way round, and each is published in some test.
#
#   instrumentation_test.py WORKSPACE

import os
import re
import sys

root = os.path.dirname(os.path.realpath(sys.argv[1]))
failures = []


def read(path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def sources(*rooms):
    for room in rooms:
        for folder, _, names in os.walk(os.path.join(root, room)):
            for name in names:
                if name.endswith((".cc", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def same(what, left, right, left_name, right_name):
    for name in sorted(left - right):
        failures.append(f"{what} '{name}' is in {left_name} and not in {right_name}")
    for name in sorted(right - left):
        failures.append(f"{what} '{name}' is in {right_name} and not in {left_name}")


guide = read("docs/instrumentation.md")


def rows(header):
    table = guide.split(header, 1)[1].split("\n\n", 1)[0]
    return dict(re.findall(r"^\| `([\w.]+)` \| (.*) \|$", table, re.MULTILINE))


# ---- Events
events = set(re.findall(r'return "([\w.]+)";', read("framework/instrumentation/events.cc")))
events.discard("unknown")
kinds = re.search(r"enum class EventKind \{(.*?)\};", read("framework/instrumentation/events.h"), re.DOTALL)
kind_names = re.findall(r"^\s*(k\w+)", kinds.group(1), re.MULTILINE)
if len(events) != len(kind_names) or len(events) < 15:
    failures.append(f"{len(kind_names)} kinds of events have {len(events)} names")
told = rows("| event | when |")
same("event", events, set(told), "events.cc", "the guide")
event_struct = re.search(r"struct Event \{(.*?)^\};", read("framework/instrumentation/events.h"), re.DOTALL | re.MULTILINE)
fields = set(re.findall(r"(\w+)(?: = [^;]*)?;", re.sub(r"//.*", "", event_struct.group(1))))
for event, row in told.items():
    for field in re.findall(r"`(\w+)`", row.rsplit("|", 1)[-1]):
        if field not in fields:
            failures.append(f"{event}: an event has no field {field}")
for field in fields - {"kind", "origin", "message"}:
    if not any(f"`{field}`" in row for row in told.values()):
        failures.append(f"the guide tells no event with the field {field}")

# ---- Types of errors
table = set(re.findall(r'\{"(\w+)",', read("framework/instrumentation/error_types.h")))
same("error type", table, set(rows("| type | what went wrong |")), "error_types.h", "the guide")

published = set()
patterns = [
    r'error_type = "(\w+)"',
    r'publish_(?:error|failure)\(\s*"(\w+)"',
    r'publish_failure\([^",;]*\? "(\w+)" : "\w+"',
    r'publish_failure\([^",;]*\? "\w+" : "(\w+)"',
    r'note_error\("(\w+)"',
    r'\bplace = "(\w+)"',
    r'\bplace = [^";]*\? "(\w+)" : "\w+"',
    r'\bplace = [^";]*\? "\w+" : "(\w+)"',
    r'run_hook\(&\w+::\w+, "(\w+)"\)',
    r'publish\(EventKind::kErrorOccurred, [^;]*?, "(\w+)",',
]
tests = []
for path in sources("framework", "simulations"):
    text = read(path)
    if path.endswith("_test.cc") or "/testing/" in path or path.startswith("simulations/"):
        tests.append(text)
        continue
    for pattern in patterns:
        published.update(re.findall(pattern, text))
same("error type", table, published, "error_types.h", "what the sources publish")

# The port of probes cannot be made to fail once it was listened on: health_server_test.cc tests what
# calls the publisher.
untestable = {"health"}
for name in sorted(table - untestable):
    shown = re.compile(r'"%s[ "]|error\.occurred %s\b|error\.occurred in %s\b' % (name, name, name))
    if not any(shown.search(text) and "error" in text for text in tests):
        failures.append(f"no test has an error.occurred of type '{name}'")

for failure in failures:
    print(failure)
sys.exit(1 if failures else 0)
