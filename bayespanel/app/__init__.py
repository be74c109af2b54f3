"""The app: a page on this machine that writes cards and runs the commands. It needs the extra `bayespanel[app]`."""
