//! Meizu's answers. Nearly all of them are HTTP 200, and their `code` is a text.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{Answer, Place, Reply};
use crate::vendor::Refusal;

/// Codes of a whole call, and their texts.
#[rustfmt::skip]
const CODES: &[(&str, &str)] = &[
    ("300", "重定向"),
    ("500", "其他异常"),
    ("-1", "未知错误"),
    ("1001", "系统错误"),
    ("1003", "服务器忙"),
    ("1005", "参数错误，请参考API文档"),
    ("1006", "签名认证失败"),
    ("110000", "appId不合法"),
    ("110001", "appKey不合法"),
    ("110002", "pushId未注册"),
    ("110003", "pushId非法"),
    ("110004", "参数不能为空"),
    ("110009", "应用被加入黑名单"),
    ("110010", "应用推送速率过快"),
    ("110019", "应用当日推送数量超限"),
    ("110031", "包名非法"),
    ("110032", "taskId非法"),
    ("110033", "AppSecret非法"),
    ("110051", "应用推送次数超限"),
    ("110053", "透传消息超限"),
];

/// Codes that only ever stand for targets, in the `value` of a call that is well.
const TARGET_CODES: &[&str] = &["201", "501", "513", "518", "519", "520", "110005", "110011"];

/// The usual code of an HTTP status, for fault scripts that name none.
const STATUSES: &[(u16, &str)] = &[
    (400, "1005"),
    (401, "1006"),
    (403, "110009"),
    (429, "110010"),
    (500, "1001"),
    (503, "1003"),
];

/// A refusal of a whole call.
#[derive(Debug)]
pub(super) struct MeizuError {
    why: Why,
    detail: String,
}

#[derive(Debug)]
enum Why {
    Code(&'static str),
    /// There is no answer of Meizu's own.
    Http(StatusCode),
}

/// A refusal with a code; `detail` says why to whoever debugs a client.
pub(super) fn error(code: &'static str, detail: impl Into<String>) -> MeizuError {
    MeizuError {
        why: Why::Code(code),
        detail: detail.into(),
    }
}

/// A refusal by what stands in front of the push server.
pub(super) fn http(status: StatusCode, detail: impl Into<String>) -> MeizuError {
    MeizuError {
        why: Why::Http(status),
        detail: detail.into(),
    }
}

impl MeizuError {
    pub(super) fn answer(self) -> Answer {
        let (code, reply) = match self.why {
            Why::Code(code) => {
                let body = said(code, text(code));
                (code.to_owned(), Reply::json(StatusCode::OK, &body))
            }
            Why::Http(status) => {
                let reason = status.canonical_reason().unwrap_or("Error");
                let reply = Reply::text(status, "text/plain", reason);
                (status.as_str().to_owned(), reply)
            }
        };
        Answer::refused(reply, code, self.detail)
    }
}

/// The body of a good answer; not every call gives out a message id.
pub(super) fn good(value: &Value, message_id: Option<&str>) -> Reply {
    let mut body = json!({ "code": "200", "message": "", "value": value });
    if let Some(id) = message_id {
        body["msgId"] = json!(id);
    }
    Reply::json(StatusCode::OK, &body)
}

/// A refusal that a fault script asks for: in the `value` of a good answer, for all its targets, if
/// the code is one of targets, and else of the whole call. An unknown code is sent as it is.
pub(super) fn scripted(place: &Place, refusal: &Refusal) -> Reply {
    let http = refusal.status.as_u16();
    let usual = STATUSES.iter().find(|row| row.0 == http);
    let code = refusal.code.as_deref().or(usual.map(|row| row.1));
    let code = code.unwrap_or("500");
    if TARGET_CODES.contains(&code) {
        let value = BTreeMap::from([(code, &place.tokens)]);
        return Reply {
            status: refusal.status,
            ..good(&json!(value), Some(&message_id(0)))
        };
    }
    let message = refusal.message.as_deref().unwrap_or(text(code));
    Reply::json(refusal.status, &said(code, message))
}

fn said(code: &str, message: &str) -> Value {
    let redirect = match code {
        "300" => "https://redirect.invalid/garcia/api/server/push",
        _ => "",
    };
    json!({ "code": code, "message": message, "value": "", "redirect": redirect })
}

fn text(code: &str) -> &'static str {
    let row = CODES.iter().find(|row| row.0 == code);
    row.map_or("脚本", |row| row.1)
}

/// An id of a message that was taken at this time, in milliseconds since the epoch.
pub(super) fn message_id(now: u64) -> String {
    let number = uuid::Uuid::new_v4().as_u128() % 100_000_000;
    format!("NS{now}_0_{number}_1_3")
}
