//! Questions for devices, as SQL.

use std::fmt::Write;

use uuid::Uuid;
use zpns_core::model::{ProviderId, Token};
use zpns_core::service::{DeviceQuery, PushId, RegistryError, UserId};

use crate::filter::{self, Filter};

/// How the engines' SQL differs.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Whether a text is one of `{}`, a bound list of texts: what comes after the text.
    pub(crate) one_of: &'static str,
}

/// A statement with what is bound to it: `$1` is the first value.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Select {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

/// A bound value.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Id(Uuid),
    Text(String),
    Texts(Vec<String>),
    Number(f64),
    Truth(bool),
    Count(i64),
}

impl Select {
    /// One device.
    pub(crate) fn device(id: PushId) -> Self {
        Self {
            sql: "SELECT body FROM zpns_devices WHERE id = $1".to_owned(),
            values: vec![Value::Id(id.uuid())],
        }
    }

    /// The device that has this token.
    pub(crate) fn owner(provider: &ProviderId, token: &Token) -> Self {
        let sql = "SELECT d.body FROM zpns_channels c JOIN zpns_devices d ON d.id = c.device \
                   WHERE c.provider = $1 AND c.token = $2";
        let texts = [provider.as_str(), token.as_str()];
        Self {
            sql: sql.to_owned(),
            values: texts.map(|text| Value::Text(text.to_owned())).into(),
        }
    }

    /// So many devices after another.
    ///
    /// # Errors
    /// [`RegistryError::Invalid`] for what this crate does not know.
    pub(crate) fn page(
        query: &DeviceQuery,
        after: Option<PushId>,
        limit: usize,
        dialect: Dialect,
    ) -> Result<Self, RegistryError> {
        let mut select = Self::default();
        // Where ids are read from in their order, and what is to be true besides.
        let (mut from, mut key) = ("zpns_devices d".to_owned(), "d.id");
        let condition = match query {
            DeviceQuery::User(user) => select.users(std::slice::from_ref(user), dialect),
            DeviceQuery::Users(users) => select.users(users, dialect),
            DeviceQuery::Matching(expression) => {
                let Filter { tag, rest } = filter::filter(expression);
                if let Some(tag) = tag {
                    let tag = select.bind(Value::Text(tag.to_owned()));
                    from = format!(
                        "zpns_tags t JOIN zpns_devices d ON d.id = t.device AND t.tag = {tag}"
                    );
                    key = "t.device";
                }
                filter::all(&rest, &mut select)?
            }
            DeviceQuery::All => String::new(),
            _ => {
                let message = "this store does not know such a query".to_owned();
                return Err(RegistryError::Invalid(message));
            }
        };
        let mut conditions = vec![condition];
        if let Some(after) = after {
            let after = select.bind(Value::Id(after.uuid()));
            conditions.push(format!("{key} > {after}"));
        }
        conditions.retain(|condition| !condition.is_empty());
        let limit = select.bind(Value::Count(i64::try_from(limit).unwrap_or(i64::MAX)));
        let mut sql = format!("SELECT d.body FROM {from}");
        if !conditions.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(sql, " WHERE {}", conditions.join(" AND "));
        }
        let _ = write!(sql, " ORDER BY {key} LIMIT {limit}");
        select.sql = sql;
        Ok(select)
    }

    /// Binds a value, and tells its place.
    pub(crate) fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn users(&mut self, users: &[UserId], dialect: Dialect) -> String {
        let users = users.iter().map(|user| user.as_str().to_owned());
        let place = self.bind(Value::Texts(users.collect()));
        format!("d.user_id {}", dialect.one_of.replace("{}", &place))
    }
}
