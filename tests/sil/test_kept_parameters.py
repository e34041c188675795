"""PUS-PARAM-020: a value that ground set by telecommand is there after kill -9 and a restart from an older snapshot."""

import struct

import pytest

from ccsds.packets import TcPacket
from fsw.core.events import EventId
from fsw.pus.messages import Tc
from fsw.pus.st05_events import unpack_event
from fsw.restart.start import StartKind
from tests.sil.separate import NS, Kill, SeparateFlight


@pytest.mark.parametrize(("kind", "became"), [("SNAPSHOT", StartKind.SNAPSHOT), ("COLD", StartKind.SALVAGED)])
def test_a_value_set_from_ground_outlives_a_kill(tmp_path, kind, became):
    """PUS-PARAM-020: the value is there after kill -9 and after a start from an older snapshot."""
    flight = SeparateFlight(tmp_path, duration_s=40.0)
    default = flight.vehicle.autonomy.fine_hold_s
    number = flight.pool.parameter("parameters.fine_hold_s").id
    flight.start()
    flight.fly(10.5)  # a snapshot is written every 10 s: the last one knows nothing of the telecommand
    packet = TcPacket(
        flight.vehicle.radio.apid, 0, *Tc.PARAMETERS_SET.value, struct.pack(">HHd", 1, number, default / 2)
    )
    flight.world.radio_ground.write(flight.ground.station.send(packet.encode(), 10 * NS + NS // 2))
    flight.resume_after_pause()
    kill = Kill(12.0, 2e-4, 1.0)
    flight.die_and_return(kill, kind)
    flight.fly(flight.duration_s)
    assert flight.pool["restart.kind"] == became
    assert flight.pool["parameters.fine_hold_s"] == default / 2
    assert flight.end() == 0
    events = [(event, values) for event, _, values in map(unpack_event, flight.ground.events)]
    assert (EventId.PARAMETER_SET, (number, default, default / 2)) in events
    assert (EventId.PARAMETERS_RESTORED, (1.0, 1.0)) in events
