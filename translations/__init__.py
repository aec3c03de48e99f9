"""The words: languages, catalogs, and how times and numbers are written in each."""
