//! What a tap opens.

use zpns_core::{OnClick, Rejection};

use super::{NotifyEffect, Options, check::invalid};

/// `extra.notify_effect` and the extras that go with it.
///
/// Every notification has one: Xiaomi shows none without it any more (`reference/xiaomi.md` §0.5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Click {
    pub(super) effect: NotifyEffect,
    pub(super) extras: Vec<(&'static str, String)>,
}

impl Click {
    /// What the options say, if they say anything, else what the notification does.
    pub(super) fn new(
        on_click: &OnClick,
        options: &Options,
        package: &str,
    ) -> Result<Self, Rejection> {
        match Self::of_options(options, package)? {
            Some(click) => Ok(click),
            None => Self::of(on_click, package),
        }
    }

    fn of(on_click: &OnClick, package: &str) -> Result<Self, Rejection> {
        let one = |effect, key, value| Self {
            effect,
            extras: vec![(key, value)],
        };
        let activity = |uri| one(NotifyEffect::Activity, "intent_uri", uri);
        match on_click.substituted(package) {
            OnClick::OpenApp => Ok(Self {
                effect: NotifyEffect::Launcher,
                extras: Vec::new(),
            }),
            OnClick::Url(url) => {
                web("on_click", &url)?;
                Ok(one(NotifyEffect::Web, "web_uri", url))
            }
            OnClick::Activity(name) => activity_intent(&name, package).map(activity),
            OnClick::Intent(uri) => {
                intent("on_click", &uri)?;
                Ok(activity(uri))
            }
            OnClick::DeepLink(link) => link_intent(&link, package).map(activity),
            _ => Err(invalid("on_click", "is a kind of click Xiaomi has not")),
        }
    }

    fn of_options(options: &Options, package: &str) -> Result<Option<Self>, Rejection> {
        let fill = |text: &Option<String>| {
            let text = text.as_ref();
            text.map(|text| text.replace("${package}", package))
        };
        let (intent_uri, web_uri) = (fill(&options.intent_uri), fill(&options.web_uri));
        let class_name = fill(&options.class_name);
        let has_activity = intent_uri.is_some() || class_name.is_some();
        let guessed = match (has_activity, web_uri.is_some()) {
            (true, _) => Some(NotifyEffect::Activity),
            (false, true) => Some(NotifyEffect::Web),
            (false, false) => None,
        };
        let Some(effect) = options.notify_effect.or(guessed) else {
            return match options.intent_flag {
                Some(_) => Err(invalid("vendor.xiaomi.intent_flag", "needs `class_name`")),
                None => Ok(None),
            };
        };
        let missing = match effect {
            NotifyEffect::Activity if !has_activity => "needs `intent_uri` or `class_name`",
            NotifyEffect::Web if web_uri.is_none() => "needs `web_uri`",
            _ => "",
        };
        if !missing.is_empty() {
            return Err(invalid("vendor.xiaomi.notify_effect", missing));
        }
        if let Some(uri) = &intent_uri {
            intent("vendor.xiaomi.intent_uri", uri)?;
        }
        if let Some(url) = &web_uri {
            web("vendor.xiaomi.web_uri", url)?;
        }
        let all = [
            ("intent_uri", intent_uri),
            ("web_uri", web_uri),
            ("class_name", class_name),
            ("intent_flag", options.intent_flag.clone()),
        ];
        let extras = all.into_iter();
        let extras = extras.filter_map(|(key, value)| Some((key, value?)));
        Ok(Some(Self {
            effect,
            extras: extras.collect(),
        }))
    }
}

/// A web page.
pub(super) fn web(field: &str, url: &str) -> Result<(), Rejection> {
    let is_web = ["https", "http"].iter().any(|scheme| {
        let start = url.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && url[scheme.len()..].starts_with("://")
    });
    if is_web && is_plain(url) {
        return Ok(());
    }
    Err(invalid(field, "is not an http or https URL"))
}

/// An intent as Android reads it from text.
pub(super) fn intent(field: &str, uri: &str) -> Result<(), Rejection> {
    if uri.starts_with("intent:") && uri.contains("#Intent;") && uri.ends_with(";end") {
        return Ok(());
    }
    Err(invalid(
        field,
        "is not an intent URI (`intent:…#Intent;…;end`)",
    ))
}

/// The intent of an activity that is named by its class (`.Chat`, `com.example.Chat`,
/// `com.example/.Chat`) or by an action (`com.example.OPEN_CHAT`).
///
/// Classes are written in mixed case, actions end in capitals: that is how they are told apart.
fn activity_intent(name: &str, package: &str) -> Result<String, Rejection> {
    let legal = |letter: char| letter.is_alphanumeric() || "._$/".contains(letter);
    if name.is_empty() || !name.chars().all(legal) {
        return Err(invalid("on_click", "is not the name of an activity"));
    }
    if name.contains('/') {
        return Ok(format!("intent:#Intent;component={name};end"));
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    if name.starts_with('.') || last.chars().any(char::is_lowercase) {
        return Ok(format!("intent:#Intent;component={package}/{name};end"));
    }
    Ok(format!(
        "intent:#Intent;action={name};package={package};end"
    ))
}

/// The intent that shows a link (`myapp://chat/7`) in this app and no other.
fn link_intent(link: &str, package: &str) -> Result<String, Rejection> {
    let wrong = || invalid("on_click", "is not a link such as `myapp://chat/7`");
    let (scheme, rest) = link.split_once(':').ok_or_else(wrong)?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let starts_well = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    if !starts_well || !scheme.bytes().all(legal) || rest.is_empty() || !is_plain(link) {
        return Err(wrong());
    }
    Ok(format!(
        "intent:{rest}#Intent;scheme={scheme};package={package};end"
    ))
}

fn is_plain(uri: &str) -> bool {
    let blank = |letter: char| letter.is_whitespace() || letter.is_control();
    !uri.chars().any(blank)
}

#[cfg(test)]
mod tests {
    use zpns_core::ErrorKind;

    use super::*;

    const PACKAGE: &str = "com.example.app";

    fn click(on_click: OnClick) -> Result<Click, Rejection> {
        Click::new(&on_click, &Options::default(), PACKAGE)
    }

    #[test]
    fn every_click_has_its_effect_and_its_extra() {
        let rows = [
            (OnClick::OpenApp, "1", None),
            (
                OnClick::Url("https://example.com/${package}".into()),
                "3",
                Some(("web_uri", "https://example.com/com.example.app")),
            ),
            (
                OnClick::Activity(".Chat".into()),
                "2",
                Some((
                    "intent_uri",
                    "intent:#Intent;component=com.example.app/.Chat;end",
                )),
            ),
            (
                OnClick::Activity("${package}.ui.Chat".into()),
                "2",
                Some((
                    "intent_uri",
                    "intent:#Intent;component=com.example.app/com.example.app.ui.Chat;end",
                )),
            ),
            (
                OnClick::Activity("org.other/.Chat".into()),
                "2",
                Some(("intent_uri", "intent:#Intent;component=org.other/.Chat;end")),
            ),
            (
                OnClick::Activity("${package}.OPEN_CHAT".into()),
                "2",
                Some((
                    "intent_uri",
                    "intent:#Intent;action=com.example.app.OPEN_CHAT;package=com.example.app;end",
                )),
            ),
            (
                OnClick::Intent("intent:#Intent;component=${package}/.A;S.k=v;end".into()),
                "2",
                Some((
                    "intent_uri",
                    "intent:#Intent;component=com.example.app/.A;S.k=v;end",
                )),
            ),
            (
                OnClick::DeepLink("myapp://chat/7?x=1#top".into()),
                "2",
                Some((
                    "intent_uri",
                    "intent://chat/7?x=1#top#Intent;scheme=myapp;package=com.example.app;end",
                )),
            ),
        ];
        for (on_click, effect, extra) in rows {
            let click = click(on_click).unwrap();
            assert_eq!(click.effect.wire(), effect);
            let extras: Vec<_> = click.extras.iter().map(|(k, v)| (*k, v.as_str())).collect();
            assert_eq!(extras, Vec::from_iter(extra));
        }
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        let rows = [
            OnClick::Url("example.com".into()),
            OnClick::Url("ftp://example.com".into()),
            OnClick::Url("https://exa mple.com".into()),
            OnClick::Activity(String::new()),
            OnClick::Activity("a;S.k=v".into()),
            OnClick::Intent("com.example.app".into()),
            OnClick::DeepLink("chat/7".into()),
            OnClick::DeepLink("7://chat".into()),
            OnClick::DeepLink("myapp:".into()),
        ];
        for on_click in rows {
            let rejection = click(on_click.clone()).unwrap_err();
            assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{on_click:?}");
            assert!(rejection.reason.contains("on_click"), "{on_click:?}");
        }
    }

    #[test]
    fn the_options_beat_the_notification() {
        let options = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            Click::new(&OnClick::Url("https://e.com".into()), &options, PACKAGE)
        };
        let launcher = options(|options| options.notify_effect = Some(NotifyEffect::Launcher));
        assert_eq!(launcher.unwrap().effect, NotifyEffect::Launcher);
        let class = options(|options| {
            options.class_name = Some("${package}.Chat".into());
            options.intent_flag = Some("67108864".into());
        });
        let class = class.unwrap();
        assert_eq!(class.effect, NotifyEffect::Activity);
        assert_eq!(class.extras[0].1, "com.example.app.Chat");
        assert_eq!(class.extras[1], ("intent_flag", "67108864".into()));
        let wrong: [fn(&mut Options); 5] = [
            |options| options.notify_effect = Some(NotifyEffect::Activity),
            |options| options.notify_effect = Some(NotifyEffect::Web),
            |options| options.intent_uri = Some("x".into()),
            |options| options.web_uri = Some("x".into()),
            |options| options.intent_flag = Some("1".into()),
        ];
        for change in wrong {
            let rejection = options(change).unwrap_err();
            assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
        }
    }
}
