//! The vendors that take many targets in one request, and an HTTP connector that is one of them:
//! it answers in-process, as the vendor does when all goes well.
//!
//! Shared by the test beside this file and by the bench `batches`. A vendor joins with one row.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use toml::Table;
use zpns::resources::{HttpClient, HttpError, HttpOptions, HttpRequest, HttpResponse};
use zpns::{
    Category, Config, HttpConnector, Notification, PushProvider, Resources, Router, Target,
};
use zpns_kit::testing::rsa_key_pem;

/// Digits of the number in a token.
const DIGITS: usize = 16;

/// The provider's id in the config.
const PROVIDER: &str = "phones";

/// A vendor that takes many targets in one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchVendor {
    /// The name of this row.
    pub(crate) name: &'static str,
    /// The vendor's section of the config.
    keys: fn() -> Table,
    /// Targets of one business call, from the vendor's documents.
    pub(crate) limit: usize,
    /// What the message is, where that picks the call.
    category: Option<Category>,
    /// Whether the message is saved before it is pushed.
    pub(crate) saves: bool,
    /// What it answers.
    answers: &'static [(&'static str, Call, Answer)],
    /// What stands before a number in a token.
    token: &'static str,
}

/// What a request is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Call {
    /// For a token of our own.
    Login,
    /// To save a message.
    Save,
    /// To push.
    Push,
}

/// What a request is answered.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// The same every time.
    Always(&'static str),
    /// OPPO's: an entry for each target of the request.
    EachOfOppo,
}

const HUAWEI_LOGIN: (&str, Call, Answer) = (
    "/oauth2/v3/token",
    Call::Login,
    Answer::Always(r#"{"access_token":"DAEDAKx5qZ8w","expires_in":3600,"token_type":"Bearer"}"#),
);
const HUAWEI_PUSH: (&str, Call, Answer) = (
    "/messages:send",
    Call::Push,
    Answer::Always(r#"{"code":"80000000","msg":"Success","requestId":"157466304904000004000701"}"#),
);
const OPPO_LOGIN: (&str, Call, Answer) = (
    "/server/v1/auth",
    Call::Login,
    Answer::Always(
        r#"{"code":0,"message":"Success","data":{"auth_token":"58ad47319e8d725350a5afd5","create_time":1764000000000}}"#,
    ),
);

/// What a single target is sent, whatever the message.
const OPPO_UNICAST: (&str, Call, Answer) = (
    "/notification/unicast",
    Call::Push,
    Answer::Always(r#"{"code":0,"message":"Success","data":{"messageId":"5b2f5b2f5b2f5b2f"}}"#),
);

/// Every one of them. Answers after `reference/*.md`.
#[rustfmt::skip]
pub(crate) const VENDORS: &[BatchVendor] = &[
    BatchVendor { name: "huawei", keys: huawei, limit: 1_000, category: None, saves: false, answers: &[HUAWEI_LOGIN, HUAWEI_PUSH], token: "IQAAAACy0Ofk0l1AwaBg" },
    BatchVendor { name: "harmony", keys: harmony, limit: 1_000, category: None, saves: false, answers: &[HUAWEI_PUSH], token: "MAMzLgIkEUCBSAAAAP0BRQ" },
    BatchVendor { name: "honor", keys: honor, limit: 1_000, category: None, saves: false, answers: &[
        ("/auth/token", Call::Login, Answer::Always(r#"{"access_token":"c2VjcmV0","expires_in":3600,"token_type":"Bearer"}"#)),
        ("/sendMessage", Call::Push, Answer::Always(r#"{"code":200,"message":"success","data":{"sendResult":true,"requestId":"172830","failTokens":[],"expireTokens":[]}}"#)),
    ], token: "BAEAAAAAB.jIVB4nFpLd" },
    BatchVendor { name: "xiaomi", keys: xiaomi, limit: 1_000, category: None, saves: false, answers: &[
        ("/v3/message/regid", Call::Push, Answer::Always(r#"{"result":"ok","trace_id":"Xcm35b85558","code":0,"data":{"id":"scm35b85558"},"description":"成功","info":""}"#)),
    ], token: "d//igwEhgBGCI2TG6lWqlCZ" },
    BatchVendor { name: "oppo, one by one", keys: oppo, limit: 1_000, category: Some(Category::InstantMessage), saves: false, answers: &[
        OPPO_LOGIN,
        ("/notification/unicast_batch", Call::Push, Answer::EachOfOppo),
        OPPO_UNICAST,
    ], token: "CN_0011223344556677" },
    BatchVendor { name: "oppo, broadcast", keys: oppo, limit: 1_000, category: Some(Category::Marketing), saves: true, answers: &[
        OPPO_LOGIN,
        ("/notification/save_message_content", Call::Save, Answer::Always(r#"{"code":0,"message":"Success","data":{"message_id":"5b2f5b2f"}}"#)),
        OPPO_UNICAST,
        ("/notification/broadcast", Call::Push, Answer::Always(r#"{"code":0,"message":"Success","data":{"message_id":"5b2f5b2f","task_id":"5b2f6c"}}"#)),
    ], token: "CN_0011223344556677" },
    BatchVendor { name: "vivo", keys: vivo, limit: 1_000, category: None, saves: true, answers: &[
        ("/message/auth", Call::Login, Answer::Always(r#"{"result":0,"desc":"请求成功","authToken":"24ojds98fu3jqrioeu982134jieds9fq43u09uaf"}"#)),
        ("/message/saveListPayload", Call::Save, Answer::Always(r#"{"result":0,"desc":"请求成功","taskId":"422132132465741824"}"#)),
        ("/message/pushToList", Call::Push, Answer::Always(r#"{"result":0,"desc":"请求成功","invalidUsers":[]}"#)),
    ], token: "151357" },
    BatchVendor { name: "meizu", keys: meizu, limit: 100, category: None, saves: false, answers: &[
        ("/varnished/pushByPushId", Call::Push, Answer::Always(r#"{"code":"200","message":"","value":{},"redirect":"","msgId":"NS20171011161059"}"#)),
    ], token: "VGX5a6c7d1f7f5f" },
];

fn table<const N: usize>(keys: [(&str, &str); N]) -> Table {
    let keys = keys.map(|(key, value)| (key.to_owned(), value.into()));
    Table::from_iter(keys)
}

fn huawei() -> Table {
    table([
        ("vendor", "huawei"),
        ("app_id", "104000001"),
        ("app_secret", "s3cr3t"),
    ])
}

fn harmony() -> Table {
    let account = json!({
        "project_id": "388421841221199007", "key_id": "key-1", "sub_account": "101562769",
        "private_key": rsa_key_pem(),
    });
    table([
        ("vendor", "harmony"),
        ("service_account_json", &account.to_string()),
    ])
}

fn honor() -> Table {
    table([
        ("vendor", "honor"),
        ("app_id", "104400001"),
        ("client_id", "client"),
        ("client_secret", "s3cr3t"),
    ])
}

fn xiaomi() -> Table {
    table([
        ("vendor", "xiaomi"),
        ("app_secret", "s3cr3t"),
        ("package", "com.example.app"),
    ])
}

fn oppo() -> Table {
    table([
        ("vendor", "oppo"),
        ("app_key", "key"),
        ("master_secret", "s3cr3t"),
    ])
}

fn vivo() -> Table {
    table([
        ("vendor", "vivo"),
        ("app_id", "10004"),
        ("app_key", "key"),
        ("app_secret", "s3cr3t"),
    ])
}

fn meizu() -> Table {
    table([
        ("vendor", "meizu"),
        ("app_id", "110010"),
        ("app_secret", "s3cr3t"),
    ])
}

impl BatchVendor {
    /// Whether an answer has an entry for each target.
    pub(crate) fn answers_each(&self) -> bool {
        let mut answers = self.answers.iter();
        answers.any(|(_, _, answer)| matches!(answer, Answer::EachOfOppo))
    }

    /// The message that is pushed.
    pub(crate) fn notification(&self) -> Notification {
        let mut message = Notification::alert("Alice", "Lunch at noon?");
        message.category = self.category;
        message
    }

    /// One target out of very many.
    pub(crate) fn target(&self, number: usize) -> Target {
        Target::new(PROVIDER, format!("{}{number:0DIGITS$x}", self.token))
    }

    /// The provider without any layers, over a connector.
    ///
    /// # Errors
    /// It cannot be configured.
    pub(crate) fn provider(
        &self,
        connector: Arc<dyn HttpConnector>,
    ) -> Result<Arc<dyn PushProvider>, Box<dyn std::error::Error + Send + Sync>> {
        let config = self.config()?;
        let section = config.providers.first().ok_or("there is no provider")?;
        Ok(section.build(Resources::new(connector))?)
    }

    /// A router with the provider and all its layers, over a connector.
    ///
    /// # Errors
    /// It cannot be configured.
    pub(crate) fn router(
        &self,
        connector: Arc<dyn HttpConnector>,
    ) -> Result<Router, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.config()?.router_with(Resources::new(connector))?)
    }

    fn config(&self) -> Result<Config, Box<dyn std::error::Error + Send + Sync>> {
        let providers = Table::from_iter([(PROVIDER.to_owned(), (self.keys)().into())]);
        let root = Table::from_iter([("providers".to_owned(), providers.into())]);
        Ok(Config::parse(&root.to_string(), "zpns.toml")?)
    }
}

/// Opens clients that answer as this vendor does, and counts what they are asked.
#[derive(Clone, Debug)]
pub(crate) struct VendorConnector {
    vendor: &'static BatchVendor,
    counts: Arc<[AtomicUsize; 3]>,
}

impl VendorConnector {
    /// A vendor to talk to.
    pub(crate) fn new(vendor: &'static BatchVendor) -> Self {
        Self {
            vendor,
            counts: Arc::default(),
        }
    }

    /// How many requests there were for this.
    pub(crate) fn count(&self, call: Call) -> usize {
        self.counts[call as usize].load(Ordering::Relaxed)
    }

    /// Answers a request, and counts it.
    pub(crate) fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let path = request.uri.path();
        let mut answers = self.vendor.answers.iter();
        let row = answers.find(|(end, ..)| path.ends_with(end));
        let (status, body) = match row {
            Some((_, call, answer)) => {
                self.counts[*call as usize].fetch_add(1, Ordering::Relaxed);
                (StatusCode::OK, self.vendor.answer(*answer, &request.body))
            }
            None => (StatusCode::NOT_FOUND, Bytes::new()),
        };
        HttpResponse {
            status,
            headers: HeaderMap::new(),
            body,
        }
    }
}

impl HttpConnector for VendorConnector {
    fn open(&self, _options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        Ok(Arc::new(self.clone()))
    }
}

#[async_trait]
impl HttpClient for VendorConnector {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // Others get their turn first, so that requests are in flight together.
        tokio::task::yield_now().await;
        Ok(self.answer(&request))
    }

    async fn close(&self, _grace: Duration) {}
}

impl BatchVendor {
    fn answer(&self, answer: Answer, request: &[u8]) -> Bytes {
        match answer {
            Answer::Always(body) => Bytes::from_static(body.as_bytes()),
            Answer::EachOfOppo => self.each_of_oppo(request).into(),
        }
    }

    /// An entry with an id for each target of a `unicast_batch`. Parsing the request would cost
    /// more than all that is tested: targets are found by how each of them begins.
    fn each_of_oppo(&self, request: &[u8]) -> String {
        let request = std::str::from_utf8(request).unwrap_or_default();
        let mut body = String::with_capacity(request.len() / 2);
        body.push_str(r#"{"code":0,"message":"Success","data":["#);
        for (position, rest) in request.split(self.token).skip(1).enumerate() {
            if position > 0 {
                body.push(',');
            }
            body.push_str(r#"{"messageId":"5b2f5b2f5b2f5b2f","registrationId":""#);
            body.push_str(self.token);
            body.push_str(rest.get(..DIGITS).unwrap_or_default());
            body.push_str(r#""}"#);
        }
        body.push_str("]}");
        body
    }
}
