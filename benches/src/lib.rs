//! Benchmarks of zpns against its peers
