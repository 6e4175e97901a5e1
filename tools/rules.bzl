"""Rookery's C++ rules: one target per header pair, private by default, warnings as errors.

    load("//tools:rules.bzl", "rookery_library", "rookery_test")

    rookery_library(name = "ledger", hdrs = ["ledger.h"], srcs = ["ledger.cc"], deps = [...])
    rookery_test(name = "ledger_test", srcs = ["ledger_test.cc"], deps = [":ledger"])

Headers of a package below framework/ are included as <rookery/ROOM/file.h>, those of framework/
itself as <rookery/file.h>; all others by their path from the root. A workspace that names Rookery
as a repository may use the macros for its own targets, too.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

_HERE = Label("//tools:rules.bzl")

def _label(target):
    return str(_HERE.relative(target))

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wsuggest-override",
    "-Wimplicit-fallthrough",
    # Option structs are written with designated initialisers; what is left out has its default.
    "-Wno-missing-field-initializers",
    "-Werror",
]

def _copts(extra):
    return ["-std=c++20"] + _WARNINGS + select({
        # Simulations run millions of steps: -O1 costs little to compile and saves much in tests.
        _label("//tools:fastbuild"): ["-O1", "-D_GLIBCXX_ASSERTIONS"],
        # Optimising, GCC 12 sees uninitialised members of variants' and results' other alternatives.
        "//conditions:default": ["-Wno-maybe-uninitialized"],
    }) + select({
        # With sanitizers GCC sees values that may be uninitialised where none are.
        _label("//tools:asan"): ["-Wno-maybe-uninitialized", "-Wno-stringop-overflow"],
        # GCC warns that it cannot instrument a fence; what relies on one is told by its own tests.
        _label("//tools:tsan"): ["-Wno-maybe-uninitialized", "-Wno-tsan"],
        "//conditions:default": [],
    }) + extra

def _is_ours():
    return native.repository_name().lstrip("@") == _HERE.workspace_name

def _prefixes():
    """include_prefix and strip_include_prefix of the calling package, for packages of framework/."""
    package = native.package_name()
    if not _is_ours() or not (package + "/").startswith("framework/"):
        return {}
    return {
        "include_prefix": "rookery" + package[len("framework"):],
        "strip_include_prefix": "/" + package,
    }

def rookery_library(name, hdrs = [], srcs = [], deps = [], copts = [], visibility = None, **kwargs):
    """A library; private unless visibility says otherwise (or the package's default does).

    Args:
      name: the target.
      hdrs: public headers; below framework/ they are included as <rookery/ROOM/file.h>.
      srcs: sources and private headers.
      deps: what it depends on.
      copts: options after the house's own.
      visibility: who may depend on it.
      **kwargs: passed to cc_library.
    """
    attributes = dict(_prefixes() if hdrs else {})
    attributes.update(kwargs)
    cc_library(
        name = name,
        hdrs = hdrs,
        srcs = srcs,
        deps = deps,
        copts = _copts(copts),
        linkstatic = attributes.pop("linkstatic", True),
        visibility = visibility,
        **attributes
    )

def rookery_binary(name, srcs = [], deps = [], copts = [], visibility = None, **kwargs):
    """A program."""
    cc_binary(
        name = name,
        srcs = srcs,
        deps = deps,
        copts = _copts(copts),
        visibility = visibility,
        **kwargs
    )

def rookery_test(name, srcs = [], deps = [], copts = [], size = "small", **kwargs):
    """A GoogleTest with GoogleMock's main; size is "small" (60 s) unless given.

    Tags with a meaning: "kafka" needs a real broker and runs from .ci/run only; "core" is run again
    under the sanitizers; "threads" runs on real threads, so that .ci/run repeats it.
    """
    cc_test(
        name = name,
        srcs = srcs,
        deps = deps + [_label("//third_party:gtest_main")],
        copts = _copts(copts),
        # Linked whole: what is tested is what ships, and one start costs one file.
        linkstatic = kwargs.pop("linkstatic", True),
        size = size,
        **kwargs
    )

def rookery_benchmark(name, srcs = [], deps = [], copts = [], visibility = None, **kwargs):
    """A Google Benchmark program; it has its own main, or takes one from a dependency."""
    cc_binary(
        name = name,
        srcs = srcs,
        deps = deps + [_label("//third_party:benchmark")],
        copts = _copts(copts),
        visibility = visibility,
        testonly = kwargs.pop("testonly", True),
        **kwargs
    )
