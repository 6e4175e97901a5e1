# sarif_schema_test.py
#
# Holds reports of rookery-lint in SARIF against the schema of SARIF 2.1.0: reports of awkward
# findings, of none, and of places of every kind.
#
#   sarif_schema_test.py ROOKERY_LINT SCHEMA

import copy
import json
import re
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    sys.exit("python3-jsonschema is missing: ./rookery setup installs it")

program, schema_path = sys.argv[1:3]
with open(schema_path, encoding="utf-8") as file:
    schema = json.load(file)
# SARIF asks for URI references of RFC 3986: no blanks, no bytes beyond ASCII, no '#' but one.
formats = jsonschema.FormatChecker(formats=[])


@formats.checks("uri-reference")
def is_uri_reference(text):
    return re.fullmatch(r"(%[0-9A-Fa-f]{2}|[A-Za-z0-9\-._~:/?@!$&'()*+,;=])*(#[^#\s]*)?", text) is not None


validator = jsonschema.Draft4Validator(schema, format_checker=formats)
failures = []


def expect(is_right, what):
    if not is_right:
        failures.append(what)


def report_of(what, words, text=b"", findings=None):
    result = subprocess.run(
        [program, "topics", "--format", "sarif", *words], input=text, capture_output=True, check=False
    )
    expect(result.returncode in (0, 1), f"{what}: exit code {result.returncode}, {result.stderr}")
    report = json.loads(result.stdout.decode("utf-8"))
    for error in validator.iter_errors(report):
        failures.append(f"{what}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
    results = report["runs"][0]["results"]
    expect(len(results) == findings, f"{what}: {len(results)} findings instead of {findings}")
    return report


awkward = "a b\n.\n\ngröße\n\u202eorders\na.b\na_b\n__mine\n" + "x" * 250 + "\n"
report_of("no findings", ["-"], b"orders.v1\n", 0)
report = report_of("awkward names", ["-"], awkward.encode() + b"broken\xff\x00\n", 8)

with open("odd name, 100% #1.yaml", "w", encoding="utf-8") as file:
    file.write("topics:\n  - {name: a b, replication: 1}\n")
report_of("a file", ["odd name, 100% #1.yaml"], b"", 2)
routes = {
    "rookery_routes": 1,
    "groups": [
        {
            "name": "g",
            "session_timeout_ms": 1,
            "heartbeat_interval_ms": 3000,
            "topics": [{"name": "a b", "dead_letter_topics": ["a.dlq"]}],
        }
    ],
    "mistakes": [{"path": "groups.g.window", "message": "must be at least 1"}],
}
report_of("routes", ["-"], json.dumps(routes).encode(), 3)

# The schema does refuse what is wrong: a check that accepts everything would pass until here.
for what, spoil in {
    "a version": lambda log: log.update(version="2.0.0"),
    "a result without message": lambda log: log["runs"][0]["results"][0].pop("message"),
    "a level": lambda log: log["runs"][0]["results"][0].update(level="fatal"),
    "an unknown field": lambda log: log["runs"][0]["results"][0].update(colour="red"),
    "a line 0": lambda log: log["runs"][0]["results"][0]["locations"][0]["physicalLocation"].update(
        region={"startLine": 0}
    ),
    "a path with blanks": lambda log: log["runs"][0]["results"][0]["locations"][0][
        "physicalLocation"
    ]["artifactLocation"].update(uri="odd name"),
}.items():
    spoiled = copy.deepcopy(report_of("a file", ["odd name, 100% #1.yaml"], b"", 2))
    spoil(spoiled)
    expect(not validator.is_valid(spoiled), f"the schema accepts {what}")

for failure in failures:
    print("FAILED", failure)
sys.exit(1 if failures else 0)
