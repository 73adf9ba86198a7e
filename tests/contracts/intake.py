"""What every Intake promises (pac/messages/intake.py). An adapter's test module gives the fixtures `log`,
`broker` and `intake`, which is running.
"""

import asyncio

import pytest

from pac.accounts.model import MemberId
from pac.errors import CidConflict
from pac.messages.broker import Broker
from pac.messages.intake import Answer, Intake
from pac.messages.log import MessageLog
from pac.messages.model import Draft, Seq
from pac.messages.sequencer import Numbered
from tests.contracts.entries import JISU, MINHO, OTHER_ROOM, ROOM, draft


async def answer_to(intake: Intake, draft: Draft) -> Answer:
    answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    intake.submit(draft, answer.set_result)
    return await answer


class IntakeContract:
    @pytest.mark.req("7.1")
    async def test_an_answered_message_is_in_the_log_with_that_number(
        self, intake: Intake, log: MessageLog
    ) -> None:
        answer = await answer_to(intake, draft("a", "안녕"))
        assert isinstance(answer, Numbered)
        assert (answer.seq, answer.duplicate) == (1, False)
        stored = (await log.read_after(ROOM, Seq(0), 9)).entries
        assert [(entry.seq, entry.at, entry.body, entry.cid) for entry in stored] == [
            (1, answer.at, "안녕", "a")
        ]

    @pytest.mark.req("7.5")
    @pytest.mark.row("send dup")
    async def test_a_resend_is_answered_with_the_first_number(self, intake: Intake, log: MessageLog) -> None:
        first = await answer_to(intake, draft("a"))
        await answer_to(intake, draft("b"))
        again = await answer_to(intake, draft("a"))
        assert isinstance(first, Numbered)
        assert again == Numbered(first.seq, first.at, duplicate=True)
        assert len((await log.read_after(ROOM, Seq(0), 9)).entries) == 2

    @pytest.mark.req("7.5")
    async def test_ten_resends_at_once_are_one_message(self, intake: Intake, log: MessageLog) -> None:
        answers = await asyncio.gather(*(answer_to(intake, draft("a")) for _ in range(10)))
        assert {answer.seq for answer in answers if isinstance(answer, Numbered)} == {1}
        assert [answer.duplicate for answer in answers if isinstance(answer, Numbered)].count(False) == 1
        assert len((await log.read_after(ROOM, Seq(0), 9)).entries) == 1

    @pytest.mark.req("7.5")
    @pytest.mark.row("error cid_conflict")
    async def test_another_body_under_the_same_cid_is_a_conflict(
        self, intake: Intake, log: MessageLog
    ) -> None:
        await answer_to(intake, draft("a", "하나"))
        assert isinstance(await answer_to(intake, draft("a", "둘")), CidConflict)
        assert isinstance(await answer_to(intake, draft("a", "둘", member=MINHO)), Numbered)
        assert len((await log.read_after(ROOM, Seq(0), 9)).entries) == 2

    @pytest.mark.req("7.1")
    @pytest.mark.row("send order")
    async def test_each_senders_messages_are_stored_in_the_order_sent(
        self, intake: Intake, log: MessageLog
    ) -> None:
        async def send(member: MemberId) -> None:
            for number in range(60):
                intake.submit(draft(f"{number:02}", member=member), lambda answer: None)
                if number % 7 == 0:
                    await asyncio.sleep(0)

        await asyncio.gather(send(JISU), send(MINHO))
        await intake.settled()
        stored = (await log.read_after(ROOM, Seq(0), 1_000)).entries
        assert [entry.seq for entry in stored] == list(range(1, 121))
        for member in (JISU, MINHO):
            assert [entry.cid for entry in stored if entry.member_id == member] == [
                f"{number:02}" for number in range(60)
            ]

    async def test_the_sender_is_answered_before_readers_are_told(
        self, intake: Intake, broker: Broker
    ) -> None:
        told: list[str] = []
        broker.listen(lambda room, batch: told.extend(f"push {entry.cid}" for entry in batch))
        for cid in ("a", "b", "c"):
            intake.submit(draft(cid), lambda answer, cid=cid: told.append(f"ok {cid}"))
        await intake.settled()
        assert [told.index(f"ok {cid}") < told.index(f"push {cid}") for cid in "abc"] == [True] * 3

    async def test_readers_are_told_each_entry_once_and_no_duplicate(
        self, intake: Intake, broker: Broker
    ) -> None:
        told: list[tuple[str, int]] = []
        broker.listen(lambda room, batch: told.extend((room, entry.seq) for entry in batch))
        for cid in ("a", "a", "b"):
            await answer_to(intake, draft(cid))
            await answer_to(intake, draft(cid, room=OTHER_ROOM))
        await intake.settled()
        assert [seq for room, seq in told if room == ROOM] == [1, 2]
        assert [seq for room, seq in told if room == OTHER_ROOM] == [1, 2]

    async def test_it_has_settled_when_all_are_answered(self, intake: Intake) -> None:
        answers: list[Answer] = []
        await intake.settled()
        for number in range(2_500):
            intake.submit(draft(str(number)), answers.append)
        await intake.settled()
        assert len(answers) == 2_500
