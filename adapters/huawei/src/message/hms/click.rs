//! What a tap does on an Android device (`reference/huawei.md` §2.4).

use zpns_core::{OnClick, Rejection};
use zpns_kit::intent::{of_deep_link, without_package};
use zpns_kit::rules::{https, invalid};

use super::ClickAction;

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
            action.action = Some(without_package(name)?.to_owned());
        }
        OnClick::Intent(uri) => {
            action.kind = Some(PAGE);
            action.intent = Some(without_package(uri)?.to_owned());
        }
        OnClick::DeepLink(link) => {
            action.kind = Some(PAGE);
            action.intent = Some(of_deep_link(without_package(link)?)?);
        }
        _ => return Err(invalid("on_click", "has no form at Huawei")),
    }
    Ok(action)
}
