//! Firebase Cloud Messaging for zpns
