"""What makes the pages an app: the manifest, its icons and the worker."""

import struct

import pytest

from tests.web.service import House


@pytest.mark.row("page /manifest.webmanifest")
async def test_the_manifest_names_icons_of_the_size_it_says(house: House) -> None:
    ada = await house.member("ada")
    answer = await ada.browser.get("/manifest.webmanifest", headers={"Accept-Language": "ko"})
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["id"], manifest["start_url"], manifest["display"], manifest["lang"]) == (
        "/", "/chat/rooms", "standalone", "ko",
    )  # fmt: skip
    assert {icon.get("purpose", "any") for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        picture = (await ada.browser.get(icon["src"])).content
        width, height = struct.unpack(">II", picture[16:24])
        assert icon["sizes"] == f"{width}x{height}"
    for shortcut in manifest["shortcuts"]:
        assert (await ada.browser.get(shortcut["url"])).status_code == 200


@pytest.mark.row("page /sw.js")
async def test_the_worker_may_reach_our_own_origin_and_no_other(house: House) -> None:
    guest = await house.guest()
    answer = await guest.get("/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"
    assert answer.headers["cache-control"] == "no-cache", "a new build is seen at once"
    page = (await guest.get("/offline")).text
    build = answer.text.split('"')[1]
    assert f"/static/{build}/" in page


@pytest.mark.row("page /offline")
async def test_the_page_without_a_network_is_the_same_for_everybody(house: House) -> None:
    ada, guest = await house.member("ada"), await house.guest()
    assert (await ada.browser.get("/offline")).text == (await guest.get("/offline")).text
