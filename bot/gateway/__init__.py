"""The patients' edge: web chat and SMS. It verifies, limits and hands over to `bot.turns`."""
