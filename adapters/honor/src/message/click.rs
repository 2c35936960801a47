//! What a tap does (`reference/honor.md` §3.5).

use zpns_core::{OnClick, Rejection};
use zpns_kit::intent::{of_deep_link, without_package};
use zpns_kit::rules::{https, invalid};

use super::ClickAction;

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
            action.url = Some(without_package(address)?.to_owned());
        }
        OnClick::Activity(name) => {
            action.kind = Some(PAGE);
            activity(&mut action, without_package(name)?)?;
        }
        OnClick::Intent(uri) => {
            action.kind = Some(PAGE);
            action.intent = Some(without_package(uri)?.to_owned());
        }
        OnClick::DeepLink(link) => {
            action.kind = Some(PAGE);
            action.intent = Some(of_deep_link(without_package(link)?)?);
        }
        _ => return Err(invalid("on_click", "has no form at HONOR")),
    }
    Ok(action)
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
