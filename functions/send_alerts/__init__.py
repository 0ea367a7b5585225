"""Delivers alerts to webhooks."""
