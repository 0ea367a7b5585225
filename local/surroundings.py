"""What a shell's variables for other programs must not do to this one."""

from collections.abc import MutableMapping

from local.ports import HOST

HERE = (HOST, "localhost")


def shield(environ: MutableMapping[str, str]) -> None:
    """Keep proxies away from this machine's own servers, and AWS's variables from a store that is not AWS's.

    obstore, boto3 and SeaweedFS read ``AWS_SESSION_TOKEN``, ``AWS_ENDPOINT_URL`` and their like from the environment,
    even beside keys that they were given. They stay where they are meant: for a store by URL without keys of its own.
    """
    for name in ("no_proxy", "NO_PROXY"):
        known = [each for each in environ.get(name, "").split(",") if each]
        environ[name] = ",".join([*known, *(each for each in HERE if each not in known)])
    if not environ.get("NORIA_STORE_URL") or environ.get("NORIA_STORE_ACCESS_KEY"):
        for name in [name for name in environ if name.startswith("AWS_")]:
            del environ[name]
