"""What may be a name: a table of vectors, and the lengths in characters of one to four bytes."""

import pytest

from pac import names

# What a person typed, what is wrong with it, or None; what it is about.
VECTORS: list[tuple[str, str | None, str]] = [
    ("Ada", None, "Latin"),
    ("김철수", None, "Hangul, composed"),
    ("\u1100\u1161\u11a8", None, "Hangul, jamo"),
    ("ㅋㅋㅋ", None, "compatibility jamo"),
    ("محمد", None, "Arabic"),
    ("می\u200cخواهم", None, "Persian with a ZWNJ that belongs there"),
    ("क्\u200dष", None, "Devanagari with a ZWJ that belongs there"),
    ("සිංහල", None, "Sinhala"),
    ("שלום", None, "Hebrew"),
    ("山田太郎", None, "Han"),
    ("ひらがな", None, "Hiragana"),
    ("Ольга", None, "Cyrillic"),
    ("Ελένη", None, "Greek"),
    ("ไทย", None, "Thai with marks"),
    ("Zoe\u0308", None, "a combining mark, composed by NFC"),
    ("a\u0301\u0302\u0303b", None, "a stack that is still read (NFC takes one in)"),
    ("😀", None, "an emoji"),
    ("👩\u200d💻", None, "an emoji of two joined"),
    ("👨\u200d👩\u200d👧", None, "a family"),
    ("🏳\ufe0f\u200d🌈", None, "joined behind a presentation selector"),
    ("👍🏽", None, "a skin tone"),
    ("🇰🇷", None, "a flag"),
    ("❤\ufe0f", None, "a heart, drawn as emoji"),
    ("O'Brien-Smith", None, "punctuation"),
    ("<img src=x onerror=alert(1)>", None, "markup is text like any other"),
    ("' OR 1=1--", None, "SQL is text like any other"),
    ("100%_sure", None, "LIKE's own characters"),
    ("a b", None, "a space inside"),
    ("①②", None, "numbers in circles"),
    ("¿qué?", None, "marks around"),
    ("", "required", "nothing"),
    ("   ", "required", "blanks"),
    ("\t\n", "required", "controls that are white space"),
    ("\u3000", "required", "an ideographic space"),
    ("a\u0000b", "characters", "U+0000"),
    ("a\u0007b", "characters", "a bell"),
    ("a\u001bb", "characters", "an escape"),
    ("a\u007fb", "characters", "delete"),
    ("a\u0080b", "characters", "a C1 control"),
    ("a\u202eb", "characters", "right-to-left override"),
    ("a\u202ab", "characters", "left-to-right embedding"),
    ("a\u2066b", "characters", "an isolate"),
    ("a\u2069b", "characters", "the end of an isolate"),
    ("a\u200eb", "characters", "a left-to-right mark"),
    ("a\u200fb", "characters", "a right-to-left mark"),
    ("a\u061cb", "characters", "an Arabic letter mark"),
    ("a\u200bb", "characters", "a zero-width space"),
    ("a\u2060b", "characters", "a word joiner"),
    ("a\ufeffb", "characters", "a byte order mark"),
    ("a\U000e0041b", "characters", "a tag"),
    ("a\U000e0001b", "characters", "a language tag"),
    ("a\ud800b", "characters", "a lone surrogate"),
    ("a\ue000b", "characters", "private use"),
    ("a\U000f0000b", "characters", "private use beyond the first plane"),
    ("a\u0378b", "characters", "unassigned"),
    ("a\U0001ffffb", "characters", "no character"),
    ("Z" + "\u0335" * 4, "characters", "four marks in a row"),
    ("a\u200db", "characters", "a ZWJ between Latin letters"),
    ("a\u200cb", "characters", "a ZWNJ between Latin letters"),
    ("\u200d😀", "characters", "a ZWJ in front"),
    ("😀\u200d", "characters", "a ZWJ at the end"),
    ("\u3164", "invisible", "a Hangul filler"),
    ("\u115f\u1160", "invisible", "jamo fillers"),
    ("\u2800", "invisible", "an empty Braille pattern"),
]


@pytest.mark.req("5.2")
@pytest.mark.row("rest names")
@pytest.mark.parametrize(("typed", "fault", "about"), VECTORS, ids=[about for _, _, about in VECTORS])
def test_a_name_is_judged_by_its_characters(typed: str, fault: str | None, about: str) -> None:
    found = names.fault_in_name("nickname", names.normalized(typed), names.NICKNAME_MAX)
    assert (found.code if found else None) == fault


@pytest.mark.req("5.2")
def test_the_table_has_at_least_sixty_vectors() -> None:
    assert len(VECTORS) >= 60


@pytest.mark.req("5.2")
def test_a_name_is_stored_composed_trimmed_and_with_single_spaces() -> None:
    assert names.normalized("  \u1100\u1161   Zoe\u0308\t\u3000b ") == "가 Zo\u00eb b"


@pytest.mark.req("5.1")
@pytest.mark.row("rest names")
@pytest.mark.parametrize("character", ["a", "é", "가", "😀"], ids=["1 byte", "2 bytes", "3 bytes", "4 bytes"])
@pytest.mark.parametrize("longest", [names.NICKNAME_MAX, names.ROOM_NAME_MAX])
def test_the_length_of_a_name_is_counted_in_code_points(character: str, longest: int) -> None:
    for length, fault in ((0, "required"), (1, None), (longest, None), (longest + 1, "too_long")):
        found = names.fault_in_name("name", character * length, longest)
        assert (found.code if found else None) == fault, length


@pytest.mark.req("5.1")
@pytest.mark.row("rest names")
@pytest.mark.parametrize("character", ["a", "é", "가", "😀"])
def test_a_description_may_be_empty_and_has_lines(character: str) -> None:
    for length, fault in ((0, None), (1, None), (256, None), (257, "too_long")):
        found = names.fault_in_description("description", character * length)
        assert (found.code if found else None) == fault, length
    assert names.fault_in_description("description", "one\ntwo") is None
    assert names.fault_in_description("description", "one\0two") is not None


@pytest.mark.req("5.1")
@pytest.mark.row("rest names")
@pytest.mark.parametrize(
    ("username", "fault"),
    [
        ("", "required"), ("ab", "username_form"), ("abc", None), ("a" * 32, None), ("a" * 33, "username_form"),
        ("a.b-c_9", None), ("Ada", "username_form"), ("ada ", "username_form"), ("adá", "username_form"),
        ("ada\n", "username_form"), ("에이다", "username_form"), ("a😀b", "username_form"), ("１２３", "username_form"),
    ],
)  # fmt: skip
def test_a_login_name_is_three_to_thirty_two_plain_characters(username: str, fault: str | None) -> None:
    found = names.fault_in_username("username", username)
    assert (found.code if found else None) == fault


@pytest.mark.row("rest unique")
def test_two_names_are_one_when_they_differ_in_case_or_composition_only() -> None:
    assert names.key("STRASSE") == names.key("straße")
    assert names.key("Zoe\u0308") == names.key("zo\u00eb")
    assert names.key("가") == names.key("\u1100\u1161")
    assert names.key("ada") != names.key("adа")  # the last letter is Cyrillic


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("한강 모임", "ㅎㄱ ㅁㅇ"),
        ("까치", "ㄲㅊ"),
        ("가힣", "ㄱㅎ"),
        ("\u1112\u1161\u11ab글", "ㅎㄱ"),
        ("ㅋㅋ Pizza", "ㅋㅋ pizza"),
        ("", ""),
    ],
)
def test_the_first_consonants_of_a_name(name: str, initials: str) -> None:
    assert names.initials(name) == initials


def test_only_consonants_by_themselves_are_initials() -> None:
    assert [names.is_initials(text) for text in ("ㅎㄱ", "ㅏ", "한", "ㅎ강", "", "h")] == [True] + [False] * 5
