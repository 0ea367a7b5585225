"""Tests of run-script."""
