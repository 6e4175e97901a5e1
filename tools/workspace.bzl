"""What a workspace must declare to build Rookery with Debian's Bazel, offline.

    local_repository(name = "rookery", path = "...")
    load("@rookery//tools:workspace.bzl", "rookery_workspace")
    rookery_workspace()
"""

_RULES = "/usr/share/bazel/rules"

def _rules_cc_impl(ctx):
    # Debian's rules_cc is newer than Debian's Bazel: it loads use_cpp_toolchain, which Bazel 4.2.3
    # does not have. Everything is linked as it is, but for the files that name that symbol.
    source = _RULES + "/cc/"
    patched = {
        "cc/private/rules_impl/cc_flags_supplier.bzl": True,
        "cc/private/rules_impl/compiler_flag.bzl": True,
    }
    ctx.file("WORKSPACE", "workspace(name = \"rules_cc\")\n")
    ctx.symlink(source + "BUILD", "BUILD")
    for folder in ["cc", "cc/private/rules_impl"]:
        for entry in ctx.path(source + folder).readdir():
            relative = folder + "/" + entry.basename
            if relative in patched or entry.basename == "private":
                continue
            ctx.symlink(entry, relative)
    for relative in patched:
        text = ctx.read(source + relative)
        text = text.replace(", \"use_cpp_toolchain\"", "")
        text = text.replace("use_cpp_toolchain()", "[\"@bazel_tools//tools/cpp:toolchain_type\"]")
        ctx.file(relative, text)

_rules_cc = repository_rule(implementation = _rules_cc_impl, local = True)

def _remote_coverage_tools_impl(ctx):
    # Bazel asks every test for this; the real one would be fetched from the network.
    ctx.file("WORKSPACE", "workspace(name = \"remote_coverage_tools\")\n")
    ctx.file("BUILD", """
filegroup(
    name = "coverage_report_generator",
    srcs = [],
    visibility = ["//visibility:public"],
)
""")

_remote_coverage_tools = repository_rule(implementation = _remote_coverage_tools_impl)

def rookery_workspace():
    """Declares the repositories Rookery needs; those the workspace declared before are kept."""
    existing = native.existing_rules()
    if "rules_cc" not in existing:
        _rules_cc(name = "rules_cc")
    if "remote_coverage_tools" not in existing:
        _remote_coverage_tools(name = "remote_coverage_tools")
    for name, path in [
        ("rules_java", _RULES + "/java"),
        ("rules_proto", _RULES + "/proto"),
        ("bazel_skylib", "/usr/share/bazel/tools/skylib"),
    ]:
        if name not in existing:
            native.local_repository(name = name, path = path)
