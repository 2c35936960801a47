//! What a tap opens (`reference/oppo.md` §3.3, `click_action_*`).

use zpns_core::{OnClick, Rejection};

use super::check::{at_most, invalid};
use super::{ClickActionType, Options};

const ACTIVITY_LIMIT: usize = 500;
const URL_LIMIT: usize = 2_000;

/// `click_action_type` and what goes with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Click {
    pub(super) kind: ClickActionType,
    pub(super) activity: Option<String>,
    pub(super) url: Option<String>,
}

impl Click {
    /// What the options say, if they say anything, else what the notification does.
    pub(super) fn new(on_click: &OnClick, options: &Options) -> Result<Self, Rejection> {
        let click = match Self::of_options(options)? {
            Some(click) => click,
            None => Self::of(on_click)?,
        };
        at_most(
            "click_action_activity",
            click.activity.as_deref(),
            ACTIVITY_LIMIT,
        )?;
        at_most("click_action_url", click.url.as_deref(), URL_LIMIT)?;
        Ok(click)
    }

    fn of(on_click: &OnClick) -> Result<Self, Rejection> {
        match on_click {
            OnClick::OpenApp => Ok(Self::plain(ClickActionType::Launch)),
            OnClick::Url(address) => {
                web("on_click", address)?;
                Ok(Self::url(ClickActionType::Web, address.clone()))
            }
            OnClick::Activity(name) => activity(without_package(name)?),
            OnClick::Intent(uri) => {
                intent("on_click", without_package(uri)?)?;
                Ok(Self::url(ClickActionType::IntentUri, uri.clone()))
            }
            OnClick::DeepLink(link) => {
                let uri = link_intent(without_package(link)?)?;
                Ok(Self::url(ClickActionType::IntentUri, uri))
            }
            _ => Err(invalid("on_click", "is a kind of click that OPPO has not")),
        }
    }

    fn of_options(options: &Options) -> Result<Option<Self>, Rejection> {
        let (activity, url) = (
            options.click_action_activity.as_ref(),
            options.click_action_url.as_ref(),
        );
        let kind = match (options.click_action_type, activity, url) {
            (Some(kind), ..) => kind,
            (None, None, None) => return Ok(None),
            (None, ..) => {
                let why = "needs `click_action_type`: it can mean two things";
                let name = match activity {
                    Some(_) => "click_action_activity",
                    None => "click_action_url",
                };
                return Err(invalid(&format!("vendor.oppo.{name}"), why));
            }
        };
        use ClickActionType::{Activity, IntentAction, IntentUri, Web};
        let missing = match kind {
            Activity | IntentAction if activity.is_none() => "needs `click_action_activity`",
            Web | IntentUri if url.is_none() => "needs `click_action_url`",
            _ => "",
        };
        if !missing.is_empty() {
            return Err(invalid("vendor.oppo.click_action_type", missing));
        }
        if let (Web, Some(url)) = (kind, url) {
            web("vendor.oppo.click_action_url", url)?;
        }
        Ok(Some(Self {
            kind,
            activity: activity.cloned(),
            url: url.cloned(),
        }))
    }

    fn plain(kind: ClickActionType) -> Self {
        Self {
            kind,
            activity: None,
            url: None,
        }
    }

    fn url(kind: ClickActionType, url: String) -> Self {
        Self {
            url: Some(url),
            ..Self::plain(kind)
        }
    }
}

/// OPPO knows an app by its key, and so does the provider.
fn without_package(text: &str) -> Result<&str, Rejection> {
    if text.contains("${package}") {
        let why = "`${package}` is not known to this provider; write the package itself";
        return Err(invalid("on_click", why));
    }
    Ok(text)
}

/// A page that is named by its class (`com.example.Chat`, `com.example/.Chat`) or by an action
/// (`com.example.OPEN_CHAT`).
///
/// Classes are written in mixed case, actions end in capitals: that is how they are told apart.
fn activity(name: &str) -> Result<Click, Rejection> {
    let legal = |letter: char| letter.is_alphanumeric() || "._$/".contains(letter);
    if name.is_empty() || !name.chars().all(legal) {
        return Err(invalid("on_click", "is not the name of an activity"));
    }
    if name.starts_with('.') {
        return Err(invalid(
            "on_click",
            "is not a class name in full, as OPPO wants it",
        ));
    }
    let (kind, name) = match name.split_once('/') {
        Some((package, class)) if class.starts_with('.') => {
            (ClickActionType::Activity, format!("{package}{class}"))
        }
        Some((_, class)) => (ClickActionType::Activity, class.to_owned()),
        None => {
            let last = name.rsplit('.').next().unwrap_or(name);
            let kind = match last.chars().any(char::is_lowercase) {
                true => ClickActionType::Activity,
                false => ClickActionType::IntentAction,
            };
            (kind, name.to_owned())
        }
    };
    Ok(Click {
        activity: Some(name),
        ..Click::plain(kind)
    })
}

/// A web page.
pub(super) fn web(field: &str, url: &str) -> Result<(), Rejection> {
    let is_web = ["https://", "http://"].iter().any(|scheme| {
        let start = url.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    match is_web && is_plain(url) {
        true => Ok(()),
        false => Err(invalid(field, "is not an http or https URL")),
    }
}

/// An intent as Android reads it from text.
fn intent(field: &str, uri: &str) -> Result<(), Rejection> {
    if uri.starts_with("intent:") && uri.contains("#Intent;") && uri.ends_with(";end") {
        return Ok(());
    }
    Err(invalid(
        field,
        "is not an intent URI (`intent:…#Intent;…;end`)",
    ))
}

/// The intent that shows a link (`myapp://chat/7`).
fn link_intent(link: &str) -> Result<String, Rejection> {
    let wrong = || invalid("on_click", "is not a link such as `myapp://chat/7`");
    let (scheme, rest) = link.split_once(':').ok_or_else(wrong)?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let starts_well = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    if !starts_well || !scheme.bytes().all(legal) || rest.is_empty() || !is_plain(link) {
        return Err(wrong());
    }
    Ok(format!("intent:{rest}#Intent;scheme={scheme};end"))
}

fn is_plain(uri: &str) -> bool {
    let blank = |letter: char| letter.is_whitespace() || letter.is_control();
    !uri.chars().any(blank)
}

#[cfg(test)]
mod tests {
    use zpns_core::ErrorKind;

    use super::*;

    fn click(on_click: OnClick) -> Result<Click, Rejection> {
        Click::new(&on_click, &Options::default())
    }

    #[test]
    fn every_click_has_its_type_and_what_goes_with_it() {
        let rows: [(OnClick, u8, Option<&str>, Option<&str>); 9] = [
            (OnClick::OpenApp, 0, None, None),
            (
                OnClick::Url("HTTPS://e.com/a?b=c".into()),
                2,
                None,
                Some("HTTPS://e.com/a?b=c"),
            ),
            (
                OnClick::Activity("com.example.ui.Chat".into()),
                4,
                Some("com.example.ui.Chat"),
                None,
            ),
            (
                OnClick::Activity("com.example/.ui.Chat".into()),
                4,
                Some("com.example.ui.Chat"),
                None,
            ),
            (
                OnClick::Activity("com.example/org.other.Chat".into()),
                4,
                Some("org.other.Chat"),
                None,
            ),
            (
                OnClick::Activity("com.example.OPEN_CHAT".into()),
                1,
                Some("com.example.OPEN_CHAT"),
                None,
            ),
            (
                OnClick::Intent("intent:#Intent;component=a/.B;end".into()),
                5,
                None,
                Some("intent:#Intent;component=a/.B;end"),
            ),
            (
                OnClick::DeepLink("myapp://chat/7?x=1".into()),
                5,
                None,
                Some("intent://chat/7?x=1#Intent;scheme=myapp;end"),
            ),
            (
                OnClick::DeepLink("tel:112".into()),
                5,
                None,
                Some("intent:112#Intent;scheme=tel;end"),
            ),
        ];
        for (on_click, kind, activity, url) in rows {
            let click = click(on_click).unwrap();
            assert_eq!(u8::from(click.kind), kind);
            assert_eq!(click.activity.as_deref(), activity);
            assert_eq!(click.url.as_deref(), url);
        }
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        let rows = [
            OnClick::Url("e.com".into()),
            OnClick::Url("ftp://e.com".into()),
            OnClick::Url("https://e .com".into()),
            OnClick::Url(format!("https://e.com/{}", "x".repeat(1_987))),
            OnClick::Activity(String::new()),
            OnClick::Activity(".Chat".into()),
            OnClick::Activity("${package}.Chat".into()),
            OnClick::Activity("a;S.k=v".into()),
            OnClick::Activity(format!("com.{}", "x".repeat(497))),
            OnClick::Intent("com.example.app".into()),
            OnClick::Intent("intent:#Intent;component=${package}/.A;end".into()),
            OnClick::DeepLink("chat/7".into()),
            OnClick::DeepLink("7://chat".into()),
            OnClick::DeepLink("myapp:".into()),
        ];
        for on_click in rows {
            let rejection = click(on_click.clone()).unwrap_err();
            assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{on_click:?}");
        }
    }

    #[test]
    fn the_options_beat_the_notification() {
        let options = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            Click::new(&OnClick::Url("https://e.com".into()), &options)
        };
        let launch = options(|options| options.click_action_type = Some(ClickActionType::Launch));
        assert_eq!(launch.unwrap(), Click::plain(ClickActionType::Launch));
        let action = options(|options| {
            options.click_action_type = Some(ClickActionType::IntentAction);
            options.click_action_activity = Some("a.B".into());
        });
        assert_eq!(action.unwrap().activity.as_deref(), Some("a.B"));
        let wrong: [fn(&mut Options); 6] = [
            |options| options.click_action_type = Some(ClickActionType::Activity),
            |options| options.click_action_type = Some(ClickActionType::IntentAction),
            |options| options.click_action_type = Some(ClickActionType::IntentUri),
            |options| options.click_action_activity = Some("a.B".into()),
            |options| options.click_action_url = Some("https://e.com".into()),
            |options| {
                options.click_action_type = Some(ClickActionType::Web);
                options.click_action_url = Some("e.com".into());
            },
        ];
        for change in wrong {
            let rejection = options(change).unwrap_err();
            assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
            assert!(rejection.reason.contains("vendor.oppo"));
        }
    }
}
