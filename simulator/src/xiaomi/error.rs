//! Xiaomi's answers. Nearly all of them are HTTP 200.

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{Answer, Reply};
use crate::vendor::Refusal;

/// Code, `reason`, `description`.
#[rustfmt::skip]
const CODES: &[(i64, &str, &str)] = &[
    (-1, "Unknown error.", "未知错误"),
    (10001, "System error.", "系统错误"),
    (10002, "Service is busy.", "服务暂停"),
    (10003, "Remote service error.", "远程服务错误"),
    (10007, "Unsupported mime type.", "不支持的媒体类型"),
    (10008, "Invalid parameter.", "参数错误"),
    (10012, "Illegal request.", "非法请求"),
    (10016, "Missing required parameter.", "缺少必选参数"),
    (10017, "Invalid parameter value.", "参数值非法"),
    (10018, "Request body length over limit.", "请求长度超过限制"),
    (10020, "Request api not found.", "接口不存在"),
    (10021, "Http method is not supported.", "HTTP方法不正确"),
    (10027, "App call api over limit.", "应用调用接口超过频次限制"),
    (10031, "App is in blacklist.", "应用在发送黑名单"),
    (10034, "Too many messages today.", "应用每日发送消息数超限"),
    (10041, "Template mismatch.", "模板不匹配"),
    (20301, "Send message failed.", "发送消息失败"),
    (21301, "Invalid application secret.", "认证失败"),
    (21303, "Request is restricted.", "请求被限制"),
    (22022, "Invalid package name.", "包名非法"),
    (27001, "invalid channel info!", "通道信息不匹配"),
    (65009, "Message is too long.", "消息太长"),
    (65014, "Too many extra pairs.", "附加参数太多"),
    (65015, "Extra pairs are too long.", "附加参数太长"),
    (65036, "Callback param is too long.", "回执参数太长"),
    (65037, "Callback url is too long.", "回执地址太长"),
    (65038, "Callback url is invalid.", "回执地址非法"),
    (66007, "Invalid registration.", "注册信息无效"),
    (200001, "over quota", "超过当日配额"),
    (200002, "qps over limit", "超过QPS限制"),
];

/// The usual code of an HTTP status, for fault scripts that name none.
const STATUSES: &[(u16, i64)] = &[
    (400, 10017),
    (401, 21301),
    (403, 21303),
    (404, 10020),
    (405, 10021),
    (413, 10018),
    (429, 200002),
    (500, 10001),
    (503, 10002),
];

/// A refusal.
#[derive(Debug)]
pub(super) struct MiError {
    status: StatusCode,
    code: i64,
    detail: String,
}

/// A refusal with a code; `detail` says why to whoever debugs a client.
pub(super) fn error(code: i64, detail: impl Into<String>) -> MiError {
    MiError {
        status: StatusCode::OK,
        code,
        detail: detail.into(),
    }
}

/// There is no such path.
pub(super) fn not_found() -> MiError {
    MiError {
        status: StatusCode::NOT_FOUND,
        ..error(10020, "no such path")
    }
}

impl MiError {
    pub(super) fn answer(self) -> Answer {
        let reply = Reply::json(self.status, &body(&json!(self.code), None));
        Answer::refused(reply, self.code.to_string(), self.detail)
    }
}

/// The body of a good answer.
pub(super) fn good(data: &Value) -> Reply {
    let body = json!({
        "result": "ok", "trace_id": trace(), "code": 0, "data": data, "description": "成功",
    });
    Reply::json(StatusCode::OK, &body)
}

/// The body of a refusal that a fault script asks for. An unknown code is sent as it is.
pub(super) fn scripted(refusal: &Refusal) -> Reply {
    let http = refusal.status.as_u16();
    let usual = STATUSES.iter().find(|row| row.0 == http);
    let usual = usual.map_or(-1, |row| row.1);
    let code = match &refusal.code {
        Some(code) => code
            .parse()
            .map_or_else(|_| json!(code), |code: i64| json!(code)),
        None => json!(usual),
    };
    Reply::json(refusal.status, &body(&code, refusal.message.as_deref()))
}

fn body(code: &Value, message: Option<&str>) -> Value {
    let row = CODES.iter().find(|row| json!(row.0) == *code);
    let (reason, description) = row.map_or(("Scripted.", "脚本"), |row| (row.1, row.2));
    json!({
        "result": "error", "reason": message.unwrap_or(reason), "trace_id": trace(),
        "code": code, "description": description,
    })
}

fn trace() -> String {
    format!("Xcm{}", uuid::Uuid::new_v4().simple())
}
