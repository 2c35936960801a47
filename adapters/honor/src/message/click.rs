//! What a tap does (`reference/honor.md` §3.5).

use zpns_core::{OnClick, Rejection};

use super::ClickAction;
use super::check::{https, invalid};

const PAGE: i64 = 1;
const WEB: i64 = 2;
const APP: i64 = 3;

/// The notification's own action, as HONOR has it.
pub(super) fn action(on_click: &OnClick) -> Result<ClickAction, Rejection> {
    let mut action = ClickAction::default();
    match on_click {
        OnClick::OpenApp => action.kind = Some(APP),
        OnClick::Url(address) => {
            https("on_click", Some(address))?;
            action.kind = Some(WEB);
            action.url = Some(without_package(address)?);
        }
        OnClick::Activity(name) => {
            action.kind = Some(PAGE);
            activity(&mut action, &without_package(name)?)?;
        }
        OnClick::Intent(uri) => {
            action.kind = Some(PAGE);
            action.intent = Some(without_package(uri)?);
        }
        OnClick::DeepLink(link) => {
            action.kind = Some(PAGE);
            action.intent = Some(intent_of(&without_package(link)?)?);
        }
        _ => return Err(invalid("on_click", "has no form at HONOR")),
    }
    Ok(action)
}

/// HONOR knows an app by its number, and so does the provider.
fn without_package(text: &str) -> Result<String, Rejection> {
    if text.contains("${package}") {
        let why = "`${package}` is not known to this provider; write the package itself";
        return Err(invalid("on_click", why));
    }
    Ok(text.to_owned())
}

/// A component (`com.example.app/.Chat`) as its intent, any other name as an intent's action: the
/// class alone would need the package.
fn activity(action: &mut ClickAction, name: &str) -> Result<(), Rejection> {
    let legal = |letter: char| letter.is_alphanumeric() || "._$/".contains(letter);
    if name.is_empty() || name.starts_with(['.', '/']) || !name.chars().all(legal) {
        let why = "is neither an intent's action nor a component such as `com.example.app/.Chat`";
        return Err(invalid("on_click", why));
    }
    match name.contains('/') {
        true => action.intent = Some(format!("intent:#Intent;component={name};end")),
        false => action.action = Some(name.to_owned()),
    }
    Ok(())
}

/// `app://chat/7` as the intent that opens it, in a task that is there already.
fn intent_of(link: &str) -> Result<String, Rejection> {
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
