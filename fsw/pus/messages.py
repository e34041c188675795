"""Numbers of the packet utilization standard (ECSS-E-ST-70-41C) that this satellite uses."""

from __future__ import annotations

import enum


@enum.unique
class Service(enum.IntEnum):
    """Service types."""

    VERIFICATION = 1
    HOUSEKEEPING = 3
    EVENTS = 5
    FUNCTIONS = 8
    TEST = 17
    PARAMETERS = 20


@enum.unique
class Tm(enum.Enum):
    """Telemetry messages as (service type, message subtype); their order numbers the message type counters."""

    ACCEPTANCE_OK = (1, 1)
    ACCEPTANCE_FAILED = (1, 2)
    START_OK = (1, 3)
    START_FAILED = (1, 4)
    PROGRESS_OK = (1, 5)
    PROGRESS_FAILED = (1, 6)
    COMPLETION_OK = (1, 7)
    COMPLETION_FAILED = (1, 8)
    ROUTING_FAILED = (1, 10)
    HK_STRUCTURE = (3, 10)
    HK_REPORT = (3, 25)
    HK_PERIODIC_PROPERTIES = (3, 35)
    EVENT_INFORMATIVE = (5, 1)
    EVENT_LOW = (5, 2)
    EVENT_MEDIUM = (5, 3)
    EVENT_HIGH = (5, 4)
    EVENTS_DISABLED = (5, 8)
    ALIVE = (17, 2)
    ON_BOARD_CONNECTION = (17, 4)
    PARAMETER_VALUES = (20, 2)

    service: int
    subtype: int
    index: int  # of its message type counter

    def __init__(self, service: int, subtype: int) -> None:
        self.service, self.subtype, self.index = service, subtype, len(type(self).__members__)


@enum.unique
class Tc(enum.Enum):
    """Telecommands as (service type, message subtype)."""

    HK_CREATE = (3, 1)
    HK_DELETE = (3, 3)
    HK_ENABLE = (3, 5)
    HK_DISABLE = (3, 6)
    HK_REPORT_STRUCTURES = (3, 9)
    HK_ONE_SHOT = (3, 27)
    HK_APPEND = (3, 29)
    HK_SET_INTERVAL = (3, 31)
    HK_REPORT_PERIODIC = (3, 33)
    EVENTS_ENABLE = (5, 5)
    EVENTS_DISABLE = (5, 6)
    EVENTS_REPORT_DISABLED = (5, 7)
    PERFORM_FUNCTION = (8, 1)
    ARE_YOU_ALIVE = (17, 1)
    ON_BOARD_CONNECTION_TEST = (17, 3)
    PARAMETERS_REPORT = (20, 1)
    PARAMETERS_SET = (20, 3)


@enum.unique
class Failure(enum.IntEnum):
    """Failure codes in ST[01] reports: number, and the meaning of the code, its parameter and its value.

    The one table of them; the dictionary lists it. A value that is not mentioned is 0.
    """

    doc: str

    def __new__(cls, number: int, doc: str) -> Failure:
        """Make the member `number`."""
        self = int.__new__(cls, number)
        self._value_ = number
        self.doc = doc
        return self

    ILLEGAL_APID = 0, "not this application process; parameter: the one asked for"
    BAD_LENGTH = 1, "too few or too many octets, of the packet or of its data; parameter: how many were found"
    BAD_CHECKSUM = 2, "packet error control wrong"
    ILLEGAL_SERVICE = 3, "no such service on board; parameter: its type"
    ILLEGAL_SUBTYPE = 4, "no such request of this service; parameter: its subtype"
    ILLEGAL_DATA = (
        5,
        "an argument or a count is out of its range; parameter: the number of its field (the first of the data is 0, "
        "and each count and each repetition is a field too); value: what was found there",
    )
    REFUSED = (
        6,
        "not possible in the present state; parameter: the identifier asked for; value: of a function, the "
        "Refusal of the dictionary",
    )
    UNKNOWN_IDENTIFIER = 7, "nothing has this identifier; parameter: the identifier"
    NO_CAPACITY = 8, "no room for it; parameter: what was asked for"
    READ_ONLY = 9, "this parameter cannot be set; parameter: its identifier"
    NOT_A_NUMBER = 10, "the value is no finite number; parameter: the identifier; value: what was found"
    OUT_OF_LIMITS = 11, "the value is out of the parameter's limits; parameter: the identifier; value: what was found"
    CONTRADICTION = (
        12,
        "the value does not fit another one; parameter: the identifier; value: the Relation of the dictionary "
        "that would be broken",
    )
    EXCEPTION = 13, "an exception on board during the execution: what it has changed is not known"
    PACKET_VERSION = 14, "not a space packet of version 0; parameter: the version"
    PACKET_TYPE = 15, "not a telecommand: the packet type says telemetry"
    NO_SECONDARY_HEADER = 16, "not a telecommand: there is no secondary header"
    PUS_VERSION = 17, "the secondary header is not that of PUS-C; parameter: its version"
    SEGMENTED = 18, "a part of a segmented telecommand: only whole ones are taken; parameter: its sequence flags"
    TRAILING_OCTETS = 19, "octets follow the last packet of the frame, none of which is executed; parameter: how many"
    NOT_KEPT = 20, "the values hold, but the storage did not take them: they end with this flight"


class RequestError(Exception):
    """A telecommand cannot be carried out; ST[01] reports the code, the parameter and the value."""

    def __init__(self, code: Failure, parameter: int = 0, why: str = "", *, value: float = 0.0) -> None:
        super().__init__(why or code.name.lower().replace("_", " "))
        self.code = code
        self.parameter = parameter
        self.value = value
