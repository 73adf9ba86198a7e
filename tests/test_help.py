"""Every command says what it does, shows how, and tells its exit codes; shells complete them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from pac.cli import main

LIGHT = "httpx", "websockets", "prompt_toolkit"


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, *path, name)


@pytest.mark.parametrize("path", list(commands(main)), ids=" ".join)
def test_every_command_has_a_page_of_its_own(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(main, [*path, "--help"], prog_name="pac")
    assert shown.exit_code == 0
    _, _, examples = shown.output.partition("Examples:\n")
    first = examples.splitlines()[0].strip()
    assert f"pac {' '.join(path)}".strip() in first
    _, _, codes = shown.output.partition("Exit codes:\n")
    assert codes.splitlines()[0].strip().startswith("0  ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_one_the_shell_takes(shell: str) -> None:
    shown = CliRunner().invoke(main, ["completion", shell], prog_name="pac")
    assert shown.exit_code == 0
    assert "_PAC_COMPLETE" in shown.output
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=shown.output, text=True, check=True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [("pac ch", {"chat", "check"}), ("pac admin re", {"reset-password"}), ("pac completion f", {"fish"})],
)
def test_what_is_begun_is_completed(words: str, expected: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from pac.cli import main; main(prog_name='pac')"],
        env=os.environ
        | {"_PAC_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert {line.split(",")[1] for line in done.stdout.splitlines()} == expected


def test_no_command_waits_for_what_only_the_terminal_client_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, pac.cli; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not set(done.stdout.split()) & set(LIGHT)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("chat", "ftp://x", "-u", "ada"), "is no address"),
        (("chat", "-u", "ada", "--socket", "http://x"), "ws://"),
        (("chat",), "--user"),
        (("chat", "-u", "ada", "--password-file", "/does/not/exist"), "does not exist"),
        (("chat", "--password", "x"), "No such option"),
    ],
)
def test_a_wrong_argument_of_chat_ends_with_2(arguments: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pac.cli", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
