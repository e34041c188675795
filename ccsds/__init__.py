"""Protocol engines of the space link, sans-I/O: octets and time in, octets and indications out."""
