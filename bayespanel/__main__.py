"""`python -m bayespanel`: the command line without its script."""

from bayespanel.cli import main

if __name__ == "__main__":
    main()
