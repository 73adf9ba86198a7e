"""What each route asks for at least, so that a test of who asks is not answered for its form."""


def body_for(method: str, path: str) -> dict[str, object] | None:
    """What the route asks for, so that it is looked at who asks."""
    bodies: list[tuple[str, str, dict[str, object]]] = [
        ("POST", "/api/v1/room", {"roomName": "x"}),
        ("PUT", "/owner", {"ownerMemberId": "x"}),
        ("POST", "/invitation", {}),
        ("POST", "/request/1", {"decision": "ACCEPT"}),
        ("PUT", "/member/1", {"role": "MEMBER"}),
        ("PUT", "/room/{room_id}", {"name": "x"}),
    ]
    return next((body for verb, end, body in bodies if verb == method and path.endswith(end)), None)
