# command_line_test.py
#
# docs/command-line.md and a program's own help say the same: each word has a section, with each of its
# options, an example and no option that it does not have; common options stand in the first table.
#
#   command_line_test.py PAGE PROGRAM

import re
import subprocess
import sys

page_path, program = sys.argv[1:]
failures = []


def help_of(words):
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True)
    return done.stdout


def rows(text, title):
    part = re.search(rf"^{title}:\n((?:  .*\n|\n(?=  ))*)", text, re.MULTILINE)
    return part.group(1) if part else ""


# The program's words and their options, "" the program itself.
tree = {}


def gather(words):
    # The program's own help once more.
    text = help_of([] if words == ["help"] else words)
    options = set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", rows(text, "Options"), re.MULTILINE))
    subs = re.findall(r"^  (\S+)", rows(text, "Subcommands"), re.MULTILINE)
    if words == ["help"]:
        subs = []
    tree[" ".join(words)] = (options - {"--help"}, subs)
    for sub in subs:
        gather([*words, sub])


gather([])
if len(tree) < 30:
    failures.append(f"only {len(tree)} words were found in the help")

with open(page_path, encoding="utf-8") as file:
    page = file.read()
head, *parts = re.split(r"^##+ `([a-z ]+)`\n", page, flags=re.MULTILINE)
sections = dict(zip(parts[::2], parts[1::2]))
if len(sections) != len(parts) // 2:
    failures.append("a word has two sections")
for word in sorted(set(tree) - {""} - set(sections)):
    failures.append(f"'{word}' has no section")
for word in sorted(set(sections) - set(tree)):
    failures.append(f"there is no word '{word}'")


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def check_example(line):
    words = line.split("#")[0].split("|")[0].split()
    path = []
    for word in words[1:]:
        if " ".join([*path, word]) not in tree:
            break
        path.append(word)
    for option in options_in(" ".join(words)) - tree[" ".join(path)][0]:
        failures.append(f"'{line.strip()}': {' '.join(path)} has no {option}")


common = set(re.findall(r"^\| `(--[a-z-]+)", head, re.MULTILINE)) - {"--help"}
used = [options for options, _ in tree.values()]
for option in sorted(common):
    if sum(option in options for options in used) < 5:
        failures.append(f"{option} is no option of many words")
for word, text in sections.items():
    if word not in tree:
        continue
    options, subs = tree[word]
    examples = re.findall(r"^    .*$", text, re.MULTILINE)
    told = options_in(re.sub(r"^    .*$", "", text, flags=re.MULTILINE))
    if subs:
        told -= {option for sub in subs for option in tree[f"{word} {sub}"][0]}
    elif not any(f"billing {word}" in example for example in examples):
        failures.append(f"'{word}' has no example")
    for option in sorted(options - told):
        failures.append(f"'{word}' has {option}, and its section does not say so")
    for option in sorted(told - options):
        failures.append(f"'{word}' has no {option}")
    for example in examples:
        if "billing " in example:
            check_example(re.sub(r".*?(?=billing )", "", example, count=1))

for failure in failures:
    print("FAILED", failure)
sys.exit(1 if failures else 0)
