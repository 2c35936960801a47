//! The registry in memory passes what every registry has to pass.

use zpns_core::service::MemoryRegistry;

zpns_core::registry_conformance!(async { MemoryRegistry::new() });
