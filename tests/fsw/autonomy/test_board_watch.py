"""The board watch: each change is reported once, with its reason."""

import pytest

from fsw.autonomy.board_watch import BoardWatch
from fsw.autonomy.sections import BoardsSection
from fsw.core.events import EventId, EventQueue
from fsw.core.pool import Pool
from fsw.core.registry import append, parameter_names
from fsw.core.sections import EventsSection, TimeSection
from fsw.dictionary.event_words import describe
from hal.samples import BoardIdentity
from hal.wire import ResetReason
from tests.fsw.sections import SamplesSection

SECTIONS = [TimeSection, EventsSection, SamplesSection, BoardsSection]


class Satellite:
    def __init__(self):
        self.pool = Pool(SECTIONS, append({}, parameter_names(SECTIONS)))
        self.events = EventQueue(self.pool)
        self.watch = BoardWatch(self.pool, self.events)

    def texts(self, **changes):
        """The events of one step after `adcs` or `eps` health changed."""
        for name, fields in changes.items():
            for field, value in fields.items():
                self.pool.array(SamplesSection)[f"{name}_health"][field] = value
        self.watch.step()
        return [(EventId(e.id), describe(e.id, e.values)) for e in self.events.drain(10)]


@pytest.fixture
def satellite():
    return Satellite()


def test_nothing_changes_nothing_is_said(satellite):
    """Without a change of the boards there is no event."""
    assert satellite.texts() == []


def test_a_reset_is_reported_once_with_its_reason(satellite):
    said = satellite.texts(eps={"reset_count": 1, "reset_reason": ResetReason.WATCHDOG})
    assert said == [(EventId.BOARD_STARTED, "EPS board started: WATCHDOG")]
    assert satellite.texts() == []
    said = satellite.texts(eps={"reset_count": 2}, adcs={"reset_count": 1, "reset_reason": ResetReason.EXTERNAL})
    assert [text for _, text in said] == ["ADCS board started: EXTERNAL", "EPS board started: WATCHDOG"]


def test_a_fault_is_reported_with_its_address(satellite):
    said = satellite.texts(
        adcs={"reset_count": 1, "reset_reason": ResetReason.FAULT, "fault_pc": 0x08001236, "fault_status": 0x8200}
    )
    assert said[1] == (EventId.BOARD_FAULT, "ADCS board: fault at 0x08001236, status 0x00008200")


def test_the_expected_board_and_another_one(satellite):
    said = satellite.texts(adcs={"identity": BoardIdentity.ACCEPTED, "firmware_version": 512})
    assert said == [(EventId.BOARD_IDENTITY, "ADCS board ACCEPTED, firmware version 512")]
    assert satellite.texts(adcs={"identity": BoardIdentity.UNKNOWN}) == []
    said = satellite.texts(adcs={"identity": BoardIdentity.REFUSED, "firmware_version": 256})
    assert said == [(EventId.BOARD_REFUSED, "ADCS board REFUSED, firmware version 256: not what flight expects")]
