"""Truth physics: rigid body with wheels, orbit, environment, forces and torques."""
