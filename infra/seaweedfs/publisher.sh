#!/bin/sh
# Announce what is put into the watched buckets: sh publisher.sh FILER:GRPC-PORT, NORIA_NATS_PASSWORD set.
# Written by python -m local.servers. One is enough: a second one announces all again, which counts once.
set -eu
export NORIA_NATS_USER=publisher NORIA_NATS_CA="${NORIA_NATS_CA:-/etc/nats/tls/ca.pem}"
exec python -m local.publisher --filer "${1:?the filer}" --nats tls://nats-0:4222,tls://nats-1:4222,tls://nats-2:4222 \
  --bucket photos \
  --bucket photos-blurred
