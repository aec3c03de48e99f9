"""`python -m bot` is `konbit`."""

from bot.cli import main

main()
