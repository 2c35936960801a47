//! How the typed blocks of a request are written down: snake_case for the host, Huawei's own names
//! on the wire.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What has a form on the wire.
pub(crate) trait Wire {
    fn wire(&self) -> Value;
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl Wire for $type {
            fn wire(&self) -> Value {
                self.clone().into()
            }
        }
    )*};
}

plain!(bool, u32, i64, f64, String);

impl Wire for Value {
    fn wire(&self) -> Value {
        self.clone()
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn wire(&self) -> Value {
        self.iter().map(Wire::wire).collect()
    }
}

impl<T: Wire> Wire for BTreeMap<String, T> {
    fn wire(&self) -> Value {
        let entries = self.iter();
        let entries = entries.map(|(key, value)| (key.clone(), value.wire()));
        Value::Object(entries.collect())
    }
}

/// Puts a value under its key, if there is one. Zero and false are values.
pub(crate) fn put<T: Wire>(object: &mut Map<String, Value>, key: &str, value: Option<&T>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value.wire());
    }
}

/// A block of a request: every field optional, left out while unset, an unknown field an error.
macro_rules! block {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$doc:meta])* pub $field:ident: Option<$type:ty> => $wire:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
        }

        impl $crate::message::block::Wire for $name {
            fn wire(&self) -> serde_json::Value {
                let mut object = serde_json::Map::new();
                $($crate::message::block::put(&mut object, $wire, self.$field.as_ref());)*
                serde_json::Value::Object(object)
            }
        }
    };
}

/// A field that is one of several words: snake_case for the host, Huawei's spelling on the wire.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$doc:meta])* $word:ident => $wire:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $word,)*
        }

        impl $crate::message::block::Wire for $name {
            fn wire(&self) -> serde_json::Value {
                match self {
                    $(Self::$word => $wire.into(),)*
                }
            }
        }
    };
}

pub(crate) use {block, words};
