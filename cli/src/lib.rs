//! The zpns command
