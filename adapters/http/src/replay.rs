//! A connector for tests: answers from a script instead of a network.
