"""Navigation: time scales, frames, orbit, Sun, geomagnetic field, eclipse."""
