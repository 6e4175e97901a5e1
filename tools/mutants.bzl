"""Binaries and tests in which mutants can be switched on (framework/runtime/mutant.h).

    load("//tools:mutants.bzl", "rookery_mutant_binary", "rookery_mutant_test")

    rookery_mutant_test(name = "hunt_test", srcs = ["hunt_test.cc"], deps = [...])

All that such a binary is made of is compiled once more, with ROOKERY_MUTANTS, in a configuration
of its own: what else is built stays without mutants. All of them share that configuration.
"""

load("//tools:rules.bzl", "rookery_binary", "rookery_test")

_COPT = "//command_line_option:copt"
_DEFINE = "-DROOKERY_MUTANTS"

def _with_mutants_impl(settings, _attr):
    options = [option for option in settings[_COPT] if option != _DEFINE]
    return {_COPT: options + [_DEFINE]}

_with_mutants = transition(
    implementation = _with_mutants_impl,
    inputs = [_COPT],
    outputs = [_COPT],
)

def _mutant_executable_impl(ctx):
    # With a transition there is a list, of one.
    actual = ctx.attr.actual[0]
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = executable,
        target_file = ctx.executable.actual,
        is_executable = True,
    )
    runfiles = ctx.runfiles(files = [executable]).merge(actual[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = executable, runfiles = runfiles)]

_ATTRIBUTES = {
    "actual": attr.label(cfg = _with_mutants, executable = True, mandatory = True),
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
}

_mutant_binary = rule(
    implementation = _mutant_executable_impl,
    attrs = _ATTRIBUTES,
    executable = True,
)

_mutant_test = rule(
    implementation = _mutant_executable_impl,
    attrs = _ATTRIBUTES,
    test = True,
)

# Nobody builds what is named so as it is, without mutants.
def _plain(name):
    return name + "_without_mutants"

def rookery_mutant_binary(name, visibility = None, testonly = False, **kwargs):
    """A program in which mutants can be switched on."""
    rookery_binary(name = _plain(name), testonly = testonly, tags = ["manual"], **kwargs)
    _mutant_binary(name = name, actual = ":" + _plain(name), visibility = visibility, testonly = testonly)

def rookery_mutant_test(name, size = "small", tags = [], args = [], **kwargs):
    """A GoogleTest in which mutants can be switched on."""
    rookery_test(name = _plain(name), size = size, tags = ["manual"], **kwargs)
    _mutant_test(name = name, actual = ":" + _plain(name), size = size, tags = tags, args = args)
