//! What a tap does on an Android device (`reference/huawei.md` §2.4).

use zpns_core::{OnClick, Rejection};

use super::ClickAction;
use crate::message::rules::{https, invalid};

const PAGE: i64 = 1;
const WEB: i64 = 2;
const APP: i64 = 3;

/// The notification's own action, as Huawei has it.
pub(super) fn action(on_click: &OnClick) -> Result<ClickAction, Rejection> {
    let mut action = ClickAction::default();
    match on_click {
        OnClick::OpenApp => action.kind = Some(APP),
        OnClick::Url(address) => {
            https("on_click", Some(address))?;
            action.kind = Some(WEB);
            action.url = Some(address.clone());
        }
        OnClick::Activity(name) => {
            action.kind = Some(PAGE);
            action.action = Some(without_package(name)?);
        }
        OnClick::Intent(uri) => {
            action.kind = Some(PAGE);
            action.intent = Some(without_package(uri)?);
        }
        OnClick::DeepLink(link) => {
            action.kind = Some(PAGE);
            action.intent = Some(intent_of(link)?);
        }
        _ => return Err(invalid("on_click", "has no form at Huawei")),
    }
    Ok(action)
}

/// Huawei knows an app by its number, and so does the provider.
fn without_package(text: &str) -> Result<String, Rejection> {
    if text.contains("${package}") {
        let why = "`${package}` is not known to this provider; write the package itself";
        return Err(invalid("on_click", why));
    }
    Ok(text.to_owned())
}

/// `app://chat/7` as the intent that opens it, in a task that is there already.
fn intent_of(link: &str) -> Result<String, Rejection> {
    let link = without_package(link)?;
    let (scheme, rest) = link
        .split_once("://")
        .filter(|(scheme, _)| is_scheme(scheme))
        .ok_or_else(|| invalid("on_click", "is not a link such as `app://chat/7`"))?;
    Ok(format!(
        "intent://{rest}#Intent;scheme={scheme};launchFlags=0x4000000;end"
    ))
}

fn is_scheme(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.starts_with(|letter: char| letter.is_ascii_alphabetic()) && text.bytes().all(legal)
}
