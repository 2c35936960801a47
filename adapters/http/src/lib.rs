//! The HTTP transports of zpns
