"""The generator is C. Where there is no compiler its tests are skipped, and in CI that is a failure."""

import shutil

import pytest


@pytest.fixture(scope="session", autouse=True)
def _compiler() -> None:
    if not (shutil.which("cc") or shutil.which("gcc")):
        pytest.skip("There is no C compiler: apt-get install gcc libc6-dev")
