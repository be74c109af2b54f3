"""What the command line is made of: options, intake of data, output on screen and into folders."""
