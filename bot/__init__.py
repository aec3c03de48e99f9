"""Everything that meets people: the channels, the assistant, the console, the command."""
