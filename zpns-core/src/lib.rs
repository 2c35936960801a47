//! The message model, the provider trait and the router of zpns
