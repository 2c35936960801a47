//! A request: its form, whose it is, and the sign that proves it.

use http::{Method, StatusCode};

use super::Meizu;
use super::error::{MeizuError, error, http};
use super::routes::Row;
use crate::call::Call;
use crate::form::{Form, Malformed};
use crate::sign::md5_hex;

/// Parameters of every call.
const COMMON: [&str; 2] = ["appId", "sign"];

/// The parameters of a call: of its body, or of its query.
pub(super) fn read(call: &Call, row: &Row) -> Result<Form, MeizuError> {
    if call.method == Method::GET && row.by_get {
        let query = call.query.as_deref().unwrap_or_default();
        return Form::parse(query.as_bytes()).map_err(|why| error("1005", why.to_string()));
    }
    if call.method != Method::POST {
        return Err(http(StatusCode::METHOD_NOT_ALLOWED, "POST is wanted"));
    }
    Form::read(call).map_err(|malformed| {
        let code = match malformed {
            // Nothing of the body is read then.
            Malformed::ContentType(_) => "110004",
            Malformed::Encoding | Malformed::Repeated(_) => "1005",
        };
        error(code, malformed.to_string())
    })
}

impl Meizu {
    /// The app that asks, by its sign, and that it asks for nothing unknown.
    pub(super) fn check_app(&self, form: &Form, row: &Row) -> Result<u64, MeizuError> {
        let known = &self.credentials;
        let id = needed(form, "appId")?;
        let id = id
            .parse()
            .map_err(|_| error("110000", format!("`{id}` is no number")))?;
        let secret = match id {
            id if id == known.app_id => &known.app_secret,
            id if id == known.blocked_app_id => &known.blocked_app_secret,
            _ => return Err(error("110000", format!("there is no app {id}"))),
        };
        let sign = form.get("sign").unwrap_or_default();
        if sign != sign_of(form, secret) {
            return Err(error("1006", "another sign"));
        }
        if id == known.app_id && self.is_revoked() {
            return Err(error("1006", "the secret was replaced"));
        }
        if id == known.blocked_app_id {
            return Err(error("110009", "the app is blacklisted"));
        }
        let mut keys = form.pairs().map(|(key, _)| key);
        let unknown = keys.find(|key| !COMMON.contains(key) && !row.parameters.contains(key));
        match unknown {
            Some(key) => Err(error("1005", format!("no parameter is called `{key}`"))),
            None => Ok(id),
        }
    }

    /// Whether a request is signed with the app's own secret.
    pub(super) fn is_own(&self, call: &Call) -> bool {
        let text = match call.method {
            Method::GET => call.query.as_deref().unwrap_or_default().as_bytes(),
            _ => &call.body,
        };
        let form = Form::parse(text).unwrap_or_default();
        form.get("sign") == Some(&sign_of(&form, &self.credentials.app_secret))
    }
}

/// The sign over the values as they were meant, before they were encoded for the form.
fn sign_of(form: &Form, secret: &str) -> String {
    let mut pairs: Vec<_> = form.pairs().filter(|(key, _)| *key != "sign").collect();
    pairs.sort_unstable();
    let parts = pairs.into_iter().flat_map(|(key, value)| [key, "=", value]);
    md5_hex(parts.chain([secret]))
}

/// A parameter that has to be there.
pub(super) fn needed<'a>(form: &'a Form, key: &str) -> Result<&'a str, MeizuError> {
    match form.get(key) {
        None | Some("") => Err(error("110004", format!("`{key}` is missing"))),
        Some(value) => Ok(value),
    }
}

/// A parameter that is 0 or 1.
pub(super) fn flag(form: &Form, key: &str) -> Result<bool, MeizuError> {
    match needed(form, key)? {
        "0" => Ok(false),
        "1" => Ok(true),
        other => Err(error("1005", format!("`{key}` is `{other}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_examples_of_the_reference_come_out() {
        let rows = [
            (
                "appId=10000&pushIds=RA50c6348036344485d01776773577c64740465480a6b&messageJson=%7B%22title%22%3A%22title%22%2C%22content%22%3A%22content%22%2C%22pushTimeInfo%22%3A%7B%22offLine%22%3A1%2C%22validTime%22%3A24%7D%7D",
                "<APP_SECRET>",
                "ac076ff25d9900015a681cb5172aa53b",
            ),
            (
                "appId=100999&pushIds=ID_A%2CID_B&messageJson=%7B%22noticeBarInfo%22%3A%7B%22title%22%3A%22Hi%22%2C%22content%22%3A%22Hello%22%7D%7D&sign=c085a6e044d4165c2f030734326d51a3",
                "s3cr3t",
                "c085a6e044d4165c2f030734326d51a3",
            ),
        ];
        for (body, secret, sign) in rows {
            let form = Form::parse(body.as_bytes()).unwrap();
            assert_eq!(sign_of(&form, secret), sign);
        }
    }
}
