"""The ground's end of the radio link: packets in, telecommands out."""
