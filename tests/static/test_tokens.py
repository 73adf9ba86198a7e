"""The colours of the product keep the contrast that the UI specification (§1) promises, and stand in one file.

Ratios are computed from what tokens.css says: OKLCH to linear sRGB, to WCAG's relative luminance.
"""

import math
import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "src" / "pac" / "web" / "static" / "css"
TOKENS = CSS / "tokens.css"
TOKEN = re.compile(r"(--[\w-]+):\s*oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)")

Colour = tuple[float, float, float]
THEMES = ("light", "dark", "system dark")
PANES = ("--bg", "--surface", "--surface-2", "--surface-3")
GROUNDS = (*PANES, "--accent-soft")


def blocks() -> dict[str, dict[str, Colour]]:
    """Theme → its colours. `dark` is one's own choice, `system dark` the system's."""
    text = TOKENS.read_text(encoding="utf-8")
    light, rest = text.split(':root[data-theme="dark"]', 1)
    dark, system = rest.split("@media (prefers-color-scheme: dark)", 1)
    system = system.split("[class*=", 1)[0]
    found = {
        theme: {name: (float(L), float(C), float(h)) for name, L, C, h in TOKEN.findall(part)}
        for theme, part in zip(THEMES, (light, dark, system), strict=True)
    }
    return {theme: found["light"] | colours for theme, colours in found.items()}


def linear_srgb(colour: Colour) -> tuple[float, ...]:
    """Björn Ottosson's OKLab matrices."""
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def shown(colour: Colour) -> tuple[float, ...]:
    """Linear values of the 8-bit colour a screen is given."""
    bytes_ = [round(255 * _encoded(min(1.0, max(0.0, channel)))) for channel in linear_srgb(colour)]
    return tuple(_decoded(byte / 255) for byte in bytes_)


def _encoded(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _decoded(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def ratio(one: Colour, other: Colour) -> float:
    red, green, blue = shown(one)
    red2, green2, blue2 = shown(other)
    first = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    second = 0.2126 * red2 + 0.7152 * green2 + 0.0722 * blue2
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


# (what is read, what it stands on, least ratio in light, in dark): the table of UI §1, each at its worst surface.
PAIRS = [
    ("--border-strong", ("--surface", "--bg", "--surface-2"), 3.06, 3.47),
    ("--text", PANES, 12.4, 11.1),
    ("--text-2", PANES, 6.0, 7.1),
    ("--text-3", PANES, 4.64, 5.7),
    ("--on-accent", ("--accent",), 5.66, 4.74),
    ("--on-accent", ("--accent-hover",), 5.66, 4.74),
    ("--accent-text", PANES, 5.2, 7.1),
    ("--focus", PANES, 4.4, 7.1),
    ("--text", ("--accent-soft",), 13.7, 10.8),
    ("--accent-text", ("--accent-soft",), 5.7, 6.9),
    ("--text-3", ("--accent-soft",), 5.1, 5.5),
    ("--on-accent", ("--danger",), 5.8, 5.6),
    ("--on-accent", ("--danger-hover",), 5.8, 5.6),
    ("--danger-text", PANES, 5.3, 6.7),
    ("--danger-text", ("--danger-soft",), 5.9, 6.7),
    ("--warn-text", ("--warn-soft",), 5.9, 6.9),
    ("--warn-text", PANES, 5.9, 8.3),
    ("--ok-text", PANES, 5.5, 7.7),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "grounds", "light", "dark"), PAIRS, ids=lambda value: str(value)[:40])
def test_every_pair_keeps_its_ratio(
    theme: str, ink: str, grounds: tuple[str, ...], light: float, dark: float
) -> None:
    colours = blocks()[theme]
    least = light if theme == "light" else dark
    worst = min((ratio(colours[ink], colours[ground]), ground) for ground in grounds)
    assert worst[0] >= least - 0.05, worst


@pytest.mark.parametrize(("theme", "least"), [("light", 7.5), ("dark", 7.2), ("system dark", 7.2)])
def test_a_letter_is_read_on_each_of_the_eight_grounds(theme: str, least: float) -> None:
    text = TOKENS.read_text(encoding="utf-8")
    parts = re.findall(r"--avatar-l: (\S+); --avatar-c: (\S+); --letter-l: (\S+); --letter-c: (\S+);", text)
    place = THEMES.index(theme)
    ground_l, ground_c, letter_l, letter_c = (float(one) for one in parts[place])
    hues = [float(hue) for hue in re.findall(r"--hue: (\d+);", text)]
    assert hues == [20 + 45 * number for number in range(8)]
    assert min(ratio((ground_l, ground_c, hue), (letter_l, letter_c, hue)) for hue in hues) >= least - 0.05


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_is_one_that_a_screen_has(theme: str) -> None:
    for name, colour in blocks()[theme].items():
        for channel in linear_srgb(colour):
            assert -0.002 <= channel <= 1.002, (name, colour)


def test_the_dark_theme_is_the_same_chosen_or_by_the_system() -> None:
    themes = blocks()
    assert themes["dark"] == themes["system dark"]


LITERAL = re.compile(
    r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|oklch|oklab|lab|lch|color)\("
    r"|\b\d*\.?\d+m?s\b|border(?:-[\w-]+)?-radius:[^;]*\d+(?:px|rem|em)"
)


@pytest.mark.parametrize(
    "sheet", [one for one in CSS.glob("*.css") if one != TOKENS], ids=lambda one: one.name
)
def test_no_other_sheet_names_a_colour_a_radius_or_a_duration(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    rules = re.sub(r"[^{}]*\{", "{", text)  # selectors may hold anything
    assert LITERAL.findall(rules) == []
