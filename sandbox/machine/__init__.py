"""Programs, processes and folders of this machine."""
