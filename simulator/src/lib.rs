//! Strict simulators of every push vendor, for offline tests
