"""Who appears in tests: people with names, in Korean and in other scripts, and a crowd where many are needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Persona:
    """What somebody fills in to sign up."""

    username: str
    nickname: str
    password: str = PASSWORD

    @property
    def email(self) -> str:
        return f"{self.username}@example.org"


JIEUN = Persona("jieun", "지은")
MINSU = Persona("minsu", "민수")
HANEUL = Persona("haneul", "하늘")
ADA = Persona("ada", "Ada")
GRACE = Persona("grace", "Grace")
ZEYNEP = Persona("zeynep", "Zeynep")

EVERYBODY = (JIEUN, MINSU, HANEUL, ADA, GRACE, ZEYNEP)


def crowd(size: int) -> Iterator[Persona]:
    """The named ones first, and then as many more as it takes."""
    yield from EVERYBODY[:size]
    for number in count(1):
        if number > size - len(EVERYBODY):
            return
        yield Persona(f"guest{number}", f"손님 {number}")
