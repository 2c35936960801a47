//! The table `[providers.X.delivery]`.

use std::time::Duration;

use toml::Value;
use zpns_core::config::ConfigError;
use zpns_core::layers::Delivery;

/// What is wrong with a provider's table, and in which one it stands.
#[derive(Debug)]
pub(super) enum Fault {
    /// In the provider's own.
    Provider(ConfigError),
    /// In the one for delivery, or in one within that.
    Delivery { table: String, error: ConfigError },
}

impl From<ConfigError> for Fault {
    fn from(error: ConfigError) -> Self {
        Self::Provider(error)
    }
}

/// Reads the table. Where it does not say how long an attempt may take, that is the default, or
/// `at_the_worst` if the provider itself may need longer.
pub(super) fn read(value: Option<Value>, at_the_worst: Duration) -> Result<Delivery, Fault> {
    let table = match value {
        None => toml::Table::new(),
        Some(Value::Table(table)) => table,
        Some(_) => return Err(ConfigError::key("delivery", "must be a table").into()),
    };
    let sets_timeout = table.contains_key("attempt_timeout_ms");
    check_each(&mut Vec::new(), &table)?;
    let mut delivery: Delivery = table.try_into().map_err(|error: toml::de::Error| {
        in_delivery(&[], ConfigError::section(error.message()))
    })?;
    if !sets_timeout {
        delivery.attempt_timeout = delivery.attempt_timeout.max(at_the_worst);
    }
    Ok(delivery)
}

/// Tries every key by itself, so that an error names it and its table.
fn check_each(place: &mut Vec<String>, table: &toml::Table) -> Result<(), Fault> {
    for (key, value) in table {
        let value_alone = match value {
            Value::Table(_) => Value::Table(toml::Table::new()),
            value => value.clone(),
        };
        let mut alone = toml::Table::from_iter([(key.clone(), value_alone)]);
        for outer in place.iter().rev() {
            alone = toml::Table::from_iter([(outer.clone(), Value::Table(alone))]);
        }
        if let Err(error) = alone.try_into::<Delivery>() {
            let error = match error.message().starts_with("unknown field") {
                true => ConfigError::section(error.message()),
                false => ConfigError::key(key, error.message()),
            };
            return Err(in_delivery(place, error));
        }
        if let Value::Table(within) = value {
            place.push(key.clone());
            check_each(place, within)?;
            place.pop();
        }
    }
    Ok(())
}

fn in_delivery(place: &[String], error: ConfigError) -> Fault {
    let table = std::iter::once("delivery")
        .chain(place.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join(".");
    Fault::Delivery { table, error }
}

#[cfg(test)]
mod tests;
