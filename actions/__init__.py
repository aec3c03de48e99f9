"""What the assistant does. The modules here speak Rasa; the care domain is in `actions.care`."""
