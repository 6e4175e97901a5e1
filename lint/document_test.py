# document_test.py
#
# Runs what docs/linting.md and docs/linting-logs.md show. Each line of a `console` block that begins
# with $ is a command, and prints what stands below it; each `yaml` block is a configuration or an
# allow-list that the linter accepts; each rule of the linter is named.
#
#   document_test.py ROOKERY_LINT DOCUMENT topics|logs

import os
import re
import subprocess
import sys

program, document, word = sys.argv[1:4]
with open(document, encoding="utf-8") as file:
    text = file.read()
os.symlink(program, "rookery-lint")
environment = dict(os.environ, PATH=os.getcwd() + ":" + os.environ["PATH"])
failures = []


def run(command):
    result = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, check=False
    )
    return result.returncode, result.stdout + result.stderr


blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
commands = configurations = 0
for language, block in blocks:
    if language == "console":
        for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            commands += 1
            code, answer = run(command)
            if answer != output or code not in (0, 1):
                failures.append(f"$ {command}\nprinted, with exit code {code}:\n{answer}not:\n{output}")
    elif language == "yaml":
        configurations += 1
        with open("config.yaml", "w", encoding="utf-8") as file:
            file.write(block)
        command = {
            "topics": "echo orders | rookery-lint topics --config config.yaml --today 2027-01-01 -",
            "logs": "head -n 1 server.log | rookery-lint logs --partial --allow config.yaml -",
        }[word]
        code, answer = run(command)
        if code not in (0, 1):
            failures.append(f"a configuration is refused:\n{block}{answer}")
if commands < 5 or configurations < {"topics": 2, "logs": 1}[word]:
    failures.append(f"only {commands} commands and {configurations} configurations were found")

rules = {line.split()[0] for line in run(f"rookery-lint {word} --rules")[1].splitlines()}
chapter = text
if word == "topics":
    chapter = text.split("## The rules")[1].split("\n## ")[0] + text.split("## An old project")[1]
    presets = re.findall(r"^\| (`.*?) \| `?", text.split("| preset |")[1].split("\n\n")[0], re.MULTILINE)
    for preset in re.findall(r"`([\w.]+)`", " ".join(presets)):
        if run(f"rookery-lint topics --show-preset {preset}")[0] != 0:
            failures.append(f"there is no preset {preset}")
for rule in sorted(rules):
    if f"`{rule}`" not in chapter:
        failures.append(f"the rule {rule} is not named")

for failure in failures:
    print("FAILED", failure)
sys.exit(1 if failures else 0)
