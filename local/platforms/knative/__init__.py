"""Pipelines on Kubernetes: as Knative Services, or as plain Deployments of the JetStream host."""

from local.platforms.knative.kubernetes import Kubernetes

PLATFORM = Kubernetes()

__all__ = ["PLATFORM"]
