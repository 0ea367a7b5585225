#!/bin/sh
# Tell RustFS's buckets whom to tell, in place of all they told before: sh notifications.sh URL
# Written by python -m local.servers.
set -eu
cd "$(dirname "$0")"
: "${1:?the store's URL}"
aws --endpoint-url "$1" s3api put-bucket-notification-configuration --bucket photos --notification-configuration file://notifications/photos.json
aws --endpoint-url "$1" s3api put-bucket-notification-configuration --bucket photos-blurred --notification-configuration file://notifications/photos-blurred.json
