//! The provider as a whole, against a scripted vivo.
