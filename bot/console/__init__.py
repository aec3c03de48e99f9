"""The coordinators' pages; they read and change the care domain, never Rasa."""
