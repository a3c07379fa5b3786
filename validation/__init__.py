"""What is deployed, or about to be: judged after the fact, by commands. The words are in `cli`."""
