"""`pac chat`: a terminal client that speaks the public protocol alone (docs/PROTOCOL.md), to any PAC server.

It imports nothing of the server. `wire` decides without touching a socket, `session` touches it, `conversation`
is what a person does, `terminal` and `lines` are where it is seen.
"""
