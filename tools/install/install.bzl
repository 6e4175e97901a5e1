"""What an installation outside Bazel holds, made of what Bazel knows of a library.

    installable(name = "production", library = "//framework:rookery", header = "rookery/rookery.h", ...)

The result is a folder that is laid over any prefix: the headers that `header` reaches, one archive of
all objects, and files for CMake and pkg-config. Nothing in it names the prefix. What `below` holds is
left out.
"""

InstallableInfo = provider(fields = ["headers", "owners", "flags", "defines"])

_VIRTUAL = "/_virtual_includes/"

def _spelling(header):
    """How a header is included: below framework/ by its prefix, all others by their path."""
    if _VIRTUAL in header.path:
        return header.path.split(_VIRTUAL)[1].split("/", 1)[1]
    return header.short_path

def _installable_impl(ctx):
    compilation = ctx.attr.library[CcInfo].compilation_context
    linking = ctx.attr.library[CcInfo].linking_context
    below = ctx.attr.below[InstallableInfo] if ctx.attr.below else None
    stage = ctx.actions.declare_directory(ctx.label.name)
    installed = ctx.actions.declare_file(ctx.label.name + ".headers")
    candidates = ctx.actions.declare_file(ctx.label.name + ".candidates")
    members = ctx.actions.declare_file(ctx.label.name + ".members")
    facts = ctx.actions.declare_file(ctx.label.name + ".facts")

    objects, flags, owners = [], [], {}
    for one in linking.linker_inputs.to_list():
        owners[str(one.owner)] = True
        if below and str(one.owner) in below.owners:
            continue
        flags += one.user_link_flags
        for library in one.libraries:
            # Users may make shared libraries of it.
            objects += library.pic_objects or library.objects or []
    defines = compilation.defines.to_list()
    if below:
        defines = [define for define in defines if define not in below.defines]
    headers = compilation.headers.to_list()
    ctx.actions.write(candidates, "".join(
        ["%s\t%s\n" % (_spelling(header), header.path) for header in headers],
    ))
    ctx.actions.write(members, "".join([one.path + "\n" for one in objects]))
    ctx.actions.write(facts, "".join(
        ["define %s\n" % one for one in defines] + ["flag %s\n" % one for one in flags],
    ))
    below_headers = [below.headers] if below else []
    ctx.actions.run(
        executable = ctx.executable._stage,
        arguments = [
            ctx.attr.archive,
            ctx.attr.header,
            ctx.attr.version,
            candidates.path,
            members.path,
            facts.path,
            stage.path,
            installed.path,
        ] + [one.path for one in below_headers],
        inputs = depset(headers + objects + below_headers + [candidates, members, facts]),
        outputs = [stage, installed],
        mnemonic = "Stage",
        progress_message = "Laying out lib%s.a and its headers" % ctx.attr.archive,
        use_default_shell_env = True,
    )
    return [
        DefaultInfo(files = depset([stage]), runfiles = ctx.runfiles([stage])),
        InstallableInfo(headers = installed, owners = owners, flags = flags, defines = defines),
    ]

installable = rule(
    implementation = _installable_impl,
    attrs = {
        "archive": attr.string(mandatory = True, doc = "the library's name without lib and .a"),
        "below": attr.label(providers = [InstallableInfo], doc = "what is installed beneath it"),
        "header": attr.string(mandatory = True, doc = "what users include"),
        "library": attr.label(mandatory = True, providers = [CcInfo]),
        "version": attr.string(mandatory = True),
        "_stage": attr.label(
            default = "//tools/install:stage",
            executable = True,
            cfg = "exec",
        ),
    },
)
