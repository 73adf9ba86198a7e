"""`pac bench`: what a server can carry, measured from the outside. A client of the public protocol: nothing here knows
anything of the server's code."""
