//! What wraps a provider.
