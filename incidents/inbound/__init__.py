"""What monitoring sends: the source is answered as soon as it is stored, and a task works on it."""
