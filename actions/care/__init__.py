"""The care domain: plain Python and SQLAlchemy, without Rasa and without the channels."""
