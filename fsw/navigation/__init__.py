"""Where the satellite is, and what surrounds it: time scales, frames, orbit, Sun, geomagnetic field, eclipse."""
