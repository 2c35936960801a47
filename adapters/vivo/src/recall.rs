//! Taking back what was sent.

use serde_json::json;
use zpns_core::{Error, ErrorKind, Token};
use zpns_kit::blank_token;

use crate::provider::{TARGETS, VivoProvider};
use crate::response::judge_call;

/// `userType` of tokens.
const BY_TOKEN: u8 = 1;

/// What is taken back, and from whom.
///
/// ```
/// use zpns_vivo::Recall;
///
/// let recall = Recall::from_devices("task-7", ["token".into()]);
/// assert_eq!(recall.tokens.len(), 1);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Recall {
    /// The id with which vivo accepted the push. All batches of a notification share one.
    pub task: String,
    /// The devices, a thousand at the most; all of them if there are none.
    pub tokens: Vec<Token>,
}

impl Recall {
    /// From everybody who got it.
    pub fn everywhere(task: impl Into<String>) -> Self {
        Self::from_devices(task, [])
    }

    /// From these devices only.
    pub fn from_devices(task: impl Into<String>, tokens: impl IntoIterator<Item = Token>) -> Self {
        Self {
            task: task.into(),
            tokens: tokens.into_iter().collect(),
        }
    }
}

impl VivoProvider {
    /// Takes a notification back: devices that show it stop.
    ///
    /// # Errors
    /// vivo refused, or gave no answer; or there is no task, there are too many devices, or one
    /// that cannot be one.
    pub async fn recall(&self, what: &Recall) -> Result<(), Error> {
        let invalid = |why: String| Err(Error::new(ErrorKind::MessageInvalid, why));
        if what.task.trim().is_empty() {
            return invalid("there is no id of what is to be recalled".to_owned());
        }
        if what.tokens.len() > TARGETS {
            let count = what.tokens.len();
            return invalid(format!("{count} devices, {TARGETS} are allowed"));
        }
        let texts: Vec<&str> = what.tokens.iter().map(Token::as_str).collect();
        if let Some(why) = texts.iter().find_map(|token| blank_token(token)) {
            return Err(Error::new(ErrorKind::TokenInvalid, why));
        }
        let body = json!({
            "appId": self.api.app_id,
            "taskId": what.task,
            "userIds": texts,
            "userType": BY_TOKEN,
        });
        let uri = &self.api.uris.recall;
        let response = self.api.call(uri, body.to_string().into(), None).await?;
        judge_call(&response, self.api.wire.clock.now())
    }
}
