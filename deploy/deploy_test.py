# deploy_test.py
#
# Holds what a server tells in /metrics against Prometheus' conventions, the table of docs/health.md
# and the queries of the dashboard; the dashboard and the deployment against their schemas; and the
# deployment against what the program understands.
#
#   deploy_test.py METRICS_SAMPLE BILLING HEALTH_MD DASHBOARD ITS_SCHEMA MANIFESTS THEIR_SCHEMA
#                  CONNECTION_ENDINGS_CC SERVER_CC HEALTH_SERVER_CC

import copy
import json
import os
import re
import socket
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ImportError as error:
    sys.exit(f"{error}: ./rookery setup installs python3-jsonschema and python3-yaml")

sample, billing, document, dashboard_path, dashboard_schema_path, manifests_path, kinds_path = sys.argv[1:8]
endings, server_source, health_source = sys.argv[8:]
failures = []


def expect(is_right, what):
    if not is_right:
        failures.append(what)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


# ---- What a server tells: names, types, labels

LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")
ENDINGS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


class Family:
    def __init__(self):
        self.type = None
        self.help = None
        self.labels = set()
        self.series = {}


def parse(text):
    """The families of a text in format 0.0.4, by name; complains of what a scraper would refuse."""
    families, current = {}, None
    expect(text.endswith("\n"), "/metrics does not end with a line's end")
    for line in text.splitlines():
        told = re.match(r"# (HELP|TYPE) (\S+) (.+)$", line)
        if told:
            word, name, rest = told.groups()
            current = families.setdefault(name, Family())
            expect(getattr(current, word.lower()) is None, f"{name}: a second {word}")
            setattr(current, word.lower(), rest)
            continue
        match = LINE.match(line)
        expect(match, f"not a line of a metric: {line}")
        if not match:
            continue
        name, labels, value = match.groups()
        pairs = LABEL.findall(labels or "")
        expect(",".join(f'{key}="{text}"' for key, text in pairs) == (labels or "").rstrip(","), f"labels: {line}")
        expect(len({key for key, _ in pairs}) == len(pairs), f"a label twice: {line}")
        owner = next(
            (n for n, f in families.items() if name in {n + end for end in ENDINGS.get(f.type, ("",))}), None
        )
        expect(owner is not None and families[owner] is current, f"not below its HELP and TYPE: {line}")
        if owner is None:
            continue
        family = families[owner]
        series = (name, tuple(sorted(pairs)))
        expect(series not in family.series, f"a series twice: {line}")
        family.series[series] = float(value)
        # What is empty is none; those of buckets and quantiles are the type's own.
        family.labels |= {key for key, text in pairs if text and key not in ("le", "quantile")}
    return families


UNITS = ("_seconds", "_bytes", "_records", "_offset", "_lanes", "_owned", "_running", "_connected")


def check_conventions(families):
    for name, family in families.items():
        expect(re.fullmatch(r"rookery_[a-z]+(_[a-z]+)*", name), f"{name}: not a name in snake case of ours")
        expect(family.help and family.help.endswith("."), f"{name}: no HELP that is a sentence")
        expect(family.type in ("counter", "gauge", "histogram", "summary"), f"{name}: TYPE {family.type}")
        expect((family.type == "counter") == name.endswith("_total"), f"{name}: _total is for counters, and for all")
        expect(family.type == "counter" or name.endswith(UNITS), f"{name}: no unit")
        expect(not re.search(r"_(count|sum|bucket|milliseconds|ms|kb)$", name), f"{name}: a reserved end, or no base unit")
        expect(family.series, f"{name}: no series")
        expect(("topic" in family.labels) <= ("group" in family.labels), f"{name}: of a topic, but of no group")
        for (series, labels), value in family.series.items():
            labels = dict(labels)
            expect(("le" in labels) == series.endswith("_bucket"), f"{series}: le")
            if labels.get("le") == "+Inf":
                del labels["le"]
                count = family.series.get((name + "_count", tuple(sorted(labels.items()))))
                expect(count == value, f"{name}: its last bucket is {value}, its count {count}")


text = subprocess.run([sample], capture_output=True, check=True, text=True).stdout
families = parse(text)
check_conventions(families)
for name in ("rookery_records_consumed_total", "rookery_dead_letters_total", "rookery_consume_duration_seconds"):
    groups = {dict(labels).get("group") for _, labels in families[name].series}
    expect(groups == {"billing", 'audit \\"of\\"\\\\ billing'}, f"{name}: groups {groups}")
retries = {dict(labels)["group"]: v for (_, labels), v in families["rookery_retries_total"].series.items()}
expect(retries["billing"] > 0 and retries['audit \\"of\\"\\\\ billing'] == 0, f"retries of one group alone: {retries}")
trip = (("client", "consumer"), ("group", "billing"), ("node", "1"))
trips = families["rookery_broker_round_trip_seconds"].series
expect(trips[("rookery_broker_round_trip_seconds_sum", trip)] == 0.006, "the sum of round trips")
expect(trips[("rookery_broker_round_trip_seconds", trip + (("quantile", "0.99"),))] == 0.003, "their p99")

# A parser that complains of nothing would pass until here.
before = len(failures)
parse('# HELP a x.\n# TYPE a counter\na{b="1"} 1\na{b="1"} 2\n')
parse('a{b="1"} 1\n')
parse('# HELP a x.\n# TYPE a counter\na{b="x"y"} 1\n')
caught = failures[before:]
del failures[before:]
expect(len(caught) >= 3, f"the parser is too kind: {caught}")

# ---- The document's table

rows = dict(
    (name, (kind, set(re.findall(r"`(\w+)`", labels))))
    for name, kind, labels in re.findall(r"^\| `(rookery_\w+)` \| (\w+) \|([^|]*)\|", read(document), re.M)
)
told = {name: (family.type, family.labels) for name, family in families.items()}
for name in sorted(rows.keys() | told.keys()):
    expect(rows.get(name) == told.get(name), f"{name}: the document says {rows.get(name)}, a server {told.get(name)}")

# ---- The dashboard

dashboard = json.loads(read(dashboard_path))
dashboard_schema = jsonschema.Draft202012Validator(json.loads(read(dashboard_schema_path)))
TARGET_LABELS = {"job", "instance"}  # Prometheus' own


def check_query(where, query, used):
    names = re.findall(r"\brookery_\w+", query)
    expect(names, f"{where}: no metric of ours in {query}")
    allowed = set(TARGET_LABELS)
    for name in names:
        owner = next((n for n, f in families.items() if name in {n + e for e in ENDINGS.get(f.type, ("",))}), None)
        expect(owner, f"{where}: {name} is not told by a server")
        if owner:
            used.add(owner)
            allowed |= families[owner].labels
            allowed |= {"le"} if name.endswith("_bucket") else {"quantile"} if families[owner].type == "summary" else set()
    labels = set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', query))
    for words in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", query):
        labels |= {word.strip() for word in words.split(",")}
    expect(labels <= allowed, f"{where}: labels {sorted(labels - allowed)} in {query}")
    expect(query.count("(") == query.count(")") and query.count("{") == query.count("}"), f"{where}: {query}")
    return labels


def check_dashboard(board):
    for error in dashboard_schema.iter_errors(board):
        failures.append(f"dashboard: {'/'.join(map(str, error.absolute_path))}: {error.message}")
    used = set()
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    expect({"datasource", "group", "topic"} <= variables.keys(), f"variables: {sorted(variables)}")
    expect(variables["datasource"]["type"] == "datasource", "the data source is a variable")
    for variable in variables.values():
        if variable["type"] == "query":
            values = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            expect(values, f"variable {variable['name']}: {variable['query']}")
            check_query(f"variable {variable['name']}", values.group(1) + f' {values.group(2)}=""', set())
    ids = [panel["id"] for panel in board["panels"]]
    expect(len(set(ids)) == len(ids), "two panels of one id")
    for panel in board["panels"]:
        expect(panel["fieldConfig"]["defaults"].get("unit"), f"{panel['title']}: no unit")
        expect(panel["datasource"]["uid"] == "${datasource}", f"{panel['title']}: its data source")
        for target in panel["targets"]:
            expect(target["datasource"]["uid"] == "${datasource}", f"{panel['title']}: a query's data source")
            labels = check_query(panel["title"], target["expr"], used)
            for name in set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))):
                expect(name in labels, f"{panel['title']}: the legend names {name}, which is not kept")
            for name in set(re.findall(r"\$(\w+)", target["expr"])) - {"__rate_interval"}:
                expect(name in variables, f"{panel['title']}: there is no variable {name}")
    expect(used == families.keys(), f"no panel has {sorted(families.keys() - used)}")


check_dashboard(dashboard)

# ---- The deployment

kinds = json.loads(read(kinds_path))


def errors_of(manifest):
    kind = f"{manifest.get('apiVersion')} {manifest.get('kind')}"
    if kind not in kinds["kinds"]:
        return [f"{kind}: no such kind"]
    schema = {"$ref": "#/$defs/" + kinds["kinds"][kind], "$defs": kinds["$defs"]}
    return [
        f"{kind}: {'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest)
    ]


manifests = list(yaml.safe_load_all(read(manifests_path)))
for manifest in manifests:
    failures.extend(errors_of(manifest))
of = {manifest["kind"]: manifest for manifest in manifests}
expect(
    of.keys() == {"ConfigMap", "Secret", "Deployment", "PodDisruptionBudget", "Service"} and len(manifests) == 5,
    f"kinds: {sorted(of)}",
)
pod = of["Deployment"]["spec"]["template"]
container = pod["spec"]["containers"][0]

# They name each other.
selector = of["Deployment"]["spec"]["selector"]["matchLabels"]
expect(selector.items() <= pod["metadata"]["labels"].items(), "the deployment selects other pods")
expect(of["Service"]["spec"]["selector"] == selector, "the service selects other pods")
expect(of["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == selector, "the budget selects other pods")
ports = {port["name"]: port["containerPort"] for port in container["ports"]}
volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
environment = {}
for variable in container["env"]:
    if "value" in variable:
        environment[variable["name"]] = variable["value"]
    else:
        secret = variable["valueFrom"]["secretKeyRef"]
        expect(secret["name"] == of["Secret"]["metadata"]["name"], f"{variable['name']}: the secret's name")
        environment[variable["name"]] = of["Secret"]["stringData"][secret["key"]]
config_path = environment["ROOKERY_CONFIG"]
mount = next(mount for mount in container["volumeMounts"] if config_path.startswith(mount["mountPath"] + "/"))
volume = volumes[mount["name"]]["configMap"]["name"]
expect(volume == of["ConfigMap"]["metadata"]["name"], f"the volume is of {volume}")
config_name = config_path[len(mount["mountPath"]) + 1 :]
config = of["ConfigMap"]["data"][config_name]
settings = yaml.safe_load(config)

# The program understands them.
with open(config_name, "w", encoding="utf-8") as file:
    file.write(config)
environment = {**environment, "ROOKERY_CONFIG": os.path.abspath(config_name), "PATH": os.environ["PATH"]}
checked = subprocess.run([billing, "config", "check"], env=environment, capture_output=True, text=True, check=False)
expect(checked.returncode == 0, f"config check: {checked.stdout}{checked.stderr}")
shown = subprocess.run([billing, "config", "show"], env=environment, capture_output=True, text=True, check=False).stdout
for name in environment.keys() - {"ROOKERY_CONFIG", "PATH"}:
    expect(re.search(rf"\b{name}\b", shown), f"{name} sets nothing:\n{shown}")
    expect("like no name" not in shown, shown)
misspelt = {**environment, "ROOKERY_KAFKA__SASL_PASWORD": environment["ROOKERY_KAFKA__SASL_PASSWORD"]}
expect(
    subprocess.run([billing, "config", "check"], env=misspelt, capture_output=True, check=False).returncode == 1,
    "config check accepts a misspelt variable",
)

# Probes ask for what is answered, where it is answered.
expect(ports["health"] == settings["health"]["port"], "the container's port is not health.port")
annotations = of["Service"]["metadata"]["annotations"]
expect(annotations["prometheus.io/port"] == str(ports["health"]), "the port that is scraped")
expect(of["Service"]["spec"]["ports"][0]["targetPort"] in ports, "the service's port")
probes = {word: container[word + "Probe"]["httpGet"] for word in ("startup", "liveness", "readiness")}
for word, probe in probes.items():
    expect(probe["port"] in ports, f"{word}: port {probe['port']}")
expect(probes["readiness"]["path"] == "/ready", "readiness asks for another path")
expect(probes["liveness"]["path"] == "/live" == probes["startup"]["path"], "liveness asks for another path")
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
local = {"PATH": os.environ["PATH"], "ROOKERY_HEALTH__PORT": str(port), "ROOKERY_HEALTH__ADDRESS": "127.0.0.1"}
local["ROOKERY_KAFKA__BOOTSTRAP_SERVERS"] = "127.0.0.1:1"
server = subprocess.Popen([billing, *container["args"]], env=local, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def status_of(path):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return int(answer.split()[1])


listening = b"server.started"
for line in server.stderr:
    if listening in line:
        break
for path in [probe["path"] for probe in probes.values()] + [annotations["prometheus.io/path"]]:
    expect(status_of(path) == 200, f"{path}: {status_of(path)}")
expect(status_of("/alive") == 404, "any path is answered")
server.terminate()
server.communicate(timeout=90)

# It has the time that it was promised: for preStop, for the work, and for what a stop that nothing
# answers waits for behind that, one after the other.
def limit(path, name):
    found = re.search(rf"\b{name} = (?:std::chrono::seconds\()?(\d+)(?:s|\))", read(path))
    expect(found, f"{path} has no limit {name}")
    return int(found.group(1)) if found else 0


adds = (
    limit(endings, "kCommitGrace")
    + limit(endings, "kCloseTimeout")
    + limit(server_source, "kWorkerJoinTimeout")
    + limit(server_source, "kProducerCloseTimeout")
    + limit(server_source, "kSpansTimeout")
    + limit(health_source, "kEndPatience")
)
grace = pod["spec"]["terminationGracePeriodSeconds"]
shutdown = int(re.fullmatch(r"(\d+)s", settings["shutdown_timeout"]).group(1))
pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
expect(grace >= shutdown + pause + adds, f"{grace} s are not enough for {pause} s, {shutdown} s and {adds} s")
told = re.search(r"# shutdown_timeout \((\d+) s unless set\)[^#]*?and (\d+) s .*\n\s*terminationGracePeriodSeconds: (\d+)", read(document))
expect(told, "the document does not say what the grace period has to be")
if told:
    default, behind, example = map(int, told.groups())
    expect(behind == adds, f"the document says {behind} s, a stop adds {adds} s")
    expect(example >= default + behind, f"the document's {example} s are not enough")
expect({"cpu", "memory"} <= container["resources"]["requests"].keys(), "resources")
expect("memory" in container["resources"]["limits"], "a limit of memory")

# The schemas do refuse what is wrong: checks that accept everything would pass until here.
for what, kind, spoil in (
    ("a misspelt probe", "Deployment", lambda m: m["spec"]["template"]["spec"]["containers"][0].update(livenesProbe={})),
    ("a misspelt path", "Deployment", lambda m: m["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]["httpGet"].update(pth="/live")),
    ("a grace period that is a text", "Deployment", lambda m: m["spec"]["template"]["spec"].update(terminationGracePeriodSeconds="60s")),
    ("no selector", "Deployment", lambda m: m["spec"].pop("selector")),
    ("an old version", "Deployment", lambda m: m.update(apiVersion="apps/v1beta1")),
    ("a misspelt port", "Service", lambda m: m["spec"]["ports"][0].update(targetport=1)),
    ("a number in data", "ConfigMap", lambda m: m["data"].update(a=1)),
    ("a misspelt key", "Secret", lambda m: m.update(stringdata={})),
    ("a misspelt limit", "PodDisruptionBudget", lambda m: m["spec"].update(maxUnavailble=1)),
):
    spoiled = copy.deepcopy(of[kind])
    spoil(spoiled)
    expect(errors_of(spoiled), f"the schema accepts {what}")
for what, spoil in {
    "a field": lambda d: d.update(pannels=[]),
    "a panel's field": lambda d: d["panels"][0].update(gridpos={}),
    "an option": lambda d: d["panels"][0]["options"].update(colormode="value"),
    "a style": lambda d: d["panels"][4]["fieldConfig"]["defaults"]["custom"].update(lineWidht=1),
    "a query's field": lambda d: d["panels"][0]["targets"][0].update(expression="1"),
    "a type": lambda d: d.update(schemaVersion="41"),
    "an unknown panel": lambda d: d["panels"][0].update(type="timeserie"),
    "a metric": lambda d: d["panels"][0]["targets"][0].update(expr="sum(rookery_server_runing)"),
    "a label": lambda d: d["panels"][1]["targets"][0].update(expr="sum by (grup) (rookery_partitions_owned)"),
    "a legend": lambda d: d["panels"][1]["targets"][0].update(legendFormat="{{topic}}"),
    "a missing panel": lambda d: d["panels"].pop(-2),
}.items():
    spoiled = copy.deepcopy(dashboard)
    spoil(spoiled)
    before = len(failures)
    check_dashboard(spoiled)
    is_told = len(failures) > before
    del failures[before:]
    expect(is_told, f"the dashboard's checks accept a wrong one: {what}")

for failure in failures:
    print("FAILED", failure)
sys.exit(1 if failures else 0)
