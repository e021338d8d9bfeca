"""Programs, processes, signals and folders of this machine."""
