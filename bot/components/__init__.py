"""Rasa graph components. They import `translations` and nothing else of ours."""
