"""Fixtures and plugins that several test files share."""

pytest_plugins = ["pytester"]
