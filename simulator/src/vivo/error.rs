//! vivo's answers. What the push server itself has to say is HTTP 200, whatever it says.

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{Answer, CallKind, Place, Reply};
use crate::vendor::Refusal;

/// Code and `desc`, which is Chinese.
#[rustfmt::skip]
const CODES: &[(i64, &str)] = &[
    (0, "请求成功"),
    (10000, "权限认证失败"),
    (10040, "资源已达上限，请稍后重试"),
    (10043, "推送开关已关闭"),
    (10045, "审核中应用，不允许发送正式消息"),
    (10050, "alias和regId不能都为空"),
    (10051, "消息分类不支持该消息"),
    (10054, "notifyType不合法"),
    (10055, "title为空"),
    (10056, "title超过长度限制"),
    (10057, "content为空"),
    (10058, "content超过长度限制"),
    (10059, "timeToLive不合法"),
    (10060, "skipType不合法"),
    (10061, "打开链接，skipContent为空"),
    (10062, "打开链接，skipContent超过长度限制"),
    (10063, "自定义，skipContent为空"),
    (10064, "自定义，skipContent超过长度限制"),
    (10065, "networkType不合法"),
    (10066, "自定义key和value键值对个数超过限制"),
    (10067, "自定义key和value键值对不合法"),
    (10068, "打开app内页面，skipContent为空"),
    (10069, "打开app内页面，skipContent超过长度限制"),
    (10070, "运营消息发送总量超过限制"),
    (10071, "超出允许的发送时间"),
    (10072, "推送速度过快，请稍后再试"),
    (10073, "系统消息发送总量超过限制"),
    (10082, "系统消息开关未开启"),
    (10085, "正式消息内容不符合规则"),
    (10093, "鉴权接口调用过于频繁"),
    (10094, "appId与authToken不一致"),
    (10095, "notifyId不合法"),
    (10096, "category不合法"),
    (10097, "category与classification不匹配"),
    (10103, "包含敏感词"),
    (10104, "请发送正式消息"),
    (10150, "regIds和aliases不能都为空"),
    (10151, "taskId为空"),
    (10152, "taskId不合法"),
    (10153, "regIds个数必须大于等于2，小于等于1000"),
    (10154, "aliases个数必须大于等于2，小于等于1000"),
    (10155, "taskId不存在或已过期"),
    (10200, "appId为空"),
    (10201, "appKey为空"),
    (10202, "appKey错误"),
    (10203, "timestamp为空"),
    (10204, "sign为空"),
    (10205, "appId不存在"),
    (10206, "sign错误"),
    (10207, "timestamp不合法"),
    (10252, "保存消息体超过每日限制"),
    (10254, "全量推送超过次数限制"),
    (10301, "alias超过长度限制"),
    (10302, "regId不合法"),
    (10304, "extra中有不支持的key"),
    (10305, "callback超过长度限制"),
    (10306, "callback.param超过长度限制"),
    (10311, "用户当前不能接收消息"),
    (10352, "requestId为空"),
    (10353, "requestId超过长度限制"),
    (11000, "classification不合法"),
];

/// The usual code of an HTTP status, for fault scripts that name none. The others come from
/// something that has no code.
const STATUSES: &[(CallKind, u16, i64)] = &[
    (CallKind::Auth, 401, 10206),
    (CallKind::Auth, 403, 10206),
    (CallKind::Auth, 429, 10093),
    (CallKind::Push, 401, 10000),
    (CallKind::Push, 403, 10043),
    (CallKind::Push, 429, 10072),
    (CallKind::Other, 401, 10000),
    (CallKind::Other, 403, 10043),
    (CallKind::Other, 429, 10072),
];

/// A regId that is not valid for the app.
const INVALID_USER: i64 = 10302;

/// A refusal.
#[derive(Debug)]
pub(super) struct VivoError {
    detail: String,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Code(i64),
    InvalidUser {
        status: u8,
        user: String,
    },
    /// Nothing that vivo documents a code for.
    Http(StatusCode),
}

/// A refusal with a code; `detail` says why to whoever debugs a client.
pub(super) fn error(code: i64, detail: impl Into<String>) -> VivoError {
    VivoError {
        detail: detail.into(),
        why: Why::Code(code),
    }
}

/// The one target of a request is not valid.
pub(super) fn invalid_user(status: u8, user: String) -> VivoError {
    VivoError {
        detail: format!("the target is of status {status}"),
        why: Why::InvalidUser { status, user },
    }
}

/// A request that is wrong in a way that no code is documented for.
pub(super) fn malformed(detail: impl Into<String>) -> VivoError {
    http(StatusCode::BAD_REQUEST, detail)
}

/// A refusal by what stands in front of the push server.
pub(super) fn http(status: StatusCode, detail: impl Into<String>) -> VivoError {
    VivoError {
        detail: detail.into(),
        why: Why::Http(status),
    }
}

impl VivoError {
    pub(super) fn answer(self) -> Answer {
        let (code, reply) = match self.why {
            Why::Code(code) => (code.to_string(), said(code, &[])),
            Why::InvalidUser { status, user } => {
                let fields = [("invalidUser", json!({ "status": status, "userid": user }))];
                (INVALID_USER.to_string(), said(INVALID_USER, &fields))
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

/// The body of a good answer, with these members.
pub(super) fn good(fields: &[(&str, Value)]) -> Reply {
    said(0, fields)
}

fn said(code: i64, fields: &[(&str, Value)]) -> Reply {
    let mut body = json!({ "result": code, "desc": description(code) });
    for (name, value) in fields {
        body[*name] = value.clone();
    }
    Reply::json(StatusCode::OK, &body)
}

/// The body of a refusal that a fault script asks for. An unknown code is sent as it is.
pub(super) fn scripted(place: &Place, refusal: &Refusal) -> Reply {
    let http = refusal.status.as_u16();
    let mut usual = STATUSES.iter();
    let usual = usual.find(|row| (row.0, row.1) == (place.kind, http));
    let code = match &refusal.code {
        Some(code) => code
            .parse()
            .map_or_else(|_| json!(code), |code: i64| json!(code)),
        None => match usual {
            Some(row) => json!(row.2),
            None => return without_code(refusal),
        },
    };
    let number = code.as_i64().unwrap_or_default();
    let text = refusal.message.as_deref().unwrap_or(description(number));
    let mut body = json!({ "result": code, "desc": text });
    if let ([user], INVALID_USER) = (&place.tokens[..], number) {
        body["invalidUser"] = json!({ "status": 1, "userid": user });
    }
    Reply::json(refusal.status, &body)
}

fn without_code(refusal: &Refusal) -> Reply {
    let reason = refusal.status.canonical_reason().unwrap_or("Error");
    let text = refusal.message.clone();
    let text = text.unwrap_or_else(|| reason.to_owned());
    Reply::text(refusal.status, "text/plain", text)
}

fn description(code: i64) -> &'static str {
    let row = CODES.iter().find(|row| row.0 == code);
    row.map_or("脚本", |row| row.1)
}
