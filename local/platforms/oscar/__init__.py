"""OSCAR: services, their buckets and notifications, and keys of their own at the cluster's store.

Interface and behaviour as in grycap/oscar 7ade09ee.
"""

from local.platforms.oscar.platform import Oscar

PLATFORM = Oscar()
