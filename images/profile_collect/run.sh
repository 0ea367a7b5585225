#!/bin/sh
# The script of its service on OSCAR: docs/hosts.md.
exec python -m functions.runtime.hosts.oscar
