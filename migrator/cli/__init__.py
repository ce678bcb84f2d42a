"""The command line: parse, build, call, print, exit. Here alone collaborators are made and the environment is read."""
