//! What the vendor adapters of zpns share
