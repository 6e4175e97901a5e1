"""A test that fails when a topic's name, or a route, is not as the team agreed.

    load("@rookery//lint:topic_names.bzl", "topic_names_test")

    topic_names_test(
        name = "topic_names_test",
        config = "topics.yaml",
        programs = [":billing"],
        srcs = ["kafka/topics.yaml"],
    )

It runs `rookery-lint topics`: what sources are read, and what can be agreed on, is in docs/linting.md.
"""

_HERE = Label("//lint:topic_names.bzl")

def _label(target):
    return str(_HERE.relative(target))

def _paths(option, labels):
    # A program of the root package has no folder in its path, and must not be looked for elsewhere.
    return [option + "./$(rootpath %s)" % label for label in labels]

def topic_names_test(
        name,
        srcs = [],
        programs = [],
        config = None,
        baseline = None,
        are_tests = False,
        size = "small",
        **kwargs):
    """A test of the names in files, and of the routes of Rookery programs.

    Args:
      name: the target.
      srcs: YAML, JSON, .properties, or lists with one name a line.
      programs: Rookery programs; they are asked for their routes, not started.
      config: what the team agreed on; without, Kafka's rules alone.
      baseline: findings that are known.
      are_tests: whether the topics are those of tests.
      size: of the test.
      **kwargs: passed to sh_test.
    """
    if not srcs and not programs:
        fail("%s: nothing to read; name srcs or programs" % name)
    linter = _label("//lint:rookery_lint")
    args = ["$(rootpath %s)" % linter, "topics"]

    # Always one, so that none is found by chance.
    args += _paths("--config=", [config]) if config else ["--preset=kafka"]
    args += _paths("--baseline=", [baseline] if baseline else [])
    args += ["--tests"] if are_tests else []
    args += _paths("--program=", programs)
    args += ["$(rootpath %s)" % source for source in srcs]
    data = srcs + programs + [linter]
    data += [file for file in [config, baseline] if file]
    native.sh_test(
        name = name,
        size = size,
        srcs = [_label("//lint:topic_names_test.sh")],
        args = args,
        data = data,
        **kwargs
    )
