//! What a tap opens.

use zpns_core::{ErrorKind, OnClick, Rejection};
use zpns_kit::rules::{chars, invalid};

use super::Options;

/// `skipType`.
pub(super) const APP: u8 = 1;
const WEB: u8 = 2;
const CUSTOM: u8 = 3;
const PAGE: u8 = 4;

/// Characters of `skipContent`; older documents allow fewer.
const CONTENT_LIMIT: usize = 2048;

/// `skipType` and what goes with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Click {
    pub(super) skip_type: u8,
    pub(super) content: Option<String>,
}

impl Click {
    /// What the options say, if they say anything, else what the notification does.
    pub(super) fn new(on_click: &OnClick, options: &Options) -> Result<Self, Rejection> {
        let package = options.package.as_deref();
        let own = "vendor.vivo.skip_content";
        let click = match (options.skip_type, &options.skip_content) {
            (None, None) => Self::of(on_click, package)?,
            (None, Some(_)) => return Err(invalid("vendor.vivo.skip_type", "is missing")),
            (Some(APP), None) => Self::app(),
            (Some(APP), Some(_)) => return Err(invalid(own, "needs a `skip_type` other than 1")),
            (Some(skip_type), Some(content)) => Self {
                skip_type,
                content: Some(filled(own, content, package)?),
            },
            (Some(_), None) => return Err(invalid(own, "is missing")),
        };
        click.check()
    }

    const fn app() -> Self {
        Self {
            skip_type: APP,
            content: None,
        }
    }

    fn of(on_click: &OnClick, package: Option<&str>) -> Result<Self, Rejection> {
        let fill = |text: &str| filled("on_click", text, package);
        let (skip_type, content) = match on_click {
            OnClick::OpenApp => return Ok(Self::app()),
            OnClick::Url(url) => (WEB, fill(url)?),
            OnClick::Activity(name) => (PAGE, activity(&fill(name)?, package)?),
            OnClick::Intent(uri) => (PAGE, fill(uri)?),
            OnClick::DeepLink(link) => (PAGE, link_intent(&fill(link)?, package)?),
            _ => {
                let why = "`on_click` is a kind of click that vivo has not";
                return Err(Rejection::new(ErrorKind::Unsupported, why));
            }
        };
        Ok(Self {
            skip_type,
            content: Some(content),
        })
    }

    fn check(self) -> Result<Self, Rejection> {
        let content = self.content.as_deref().unwrap_or_default();
        let field = "on_click";
        match self.skip_type {
            APP => return Ok(self),
            WEB if !is_web(content) => return Err(invalid(field, "is not an http or https URL")),
            PAGE if !is_intent(content) => {
                let why = "is not an intent URI (`intent:…#Intent;…;end`)";
                return Err(invalid(field, why));
            }
            WEB | CUSTOM | PAGE if content.is_empty() => return Err(invalid(field, "is empty")),
            WEB | CUSTOM | PAGE => {}
            _ => return Err(invalid("vendor.vivo.skip_type", "is not from 1 to 4")),
        }
        chars(field, Some(content), CONTENT_LIMIT)?;
        Ok(self)
    }
}

/// vivo knows an app by its number, and so does the provider.
fn filled(field: &str, text: &str, package: Option<&str>) -> Result<String, Rejection> {
    const PACKAGE: &str = "${package}";
    match package {
        _ if !text.contains(PACKAGE) => Ok(text.to_owned()),
        Some(package) => Ok(text.replace(PACKAGE, package)),
        None => {
            let why = "needs the package, which vivo's provider does not know; write it out, or \
                       set `vendor.vivo.package`";
            Err(invalid(field, why))
        }
    }
}

/// The intent of an activity that is named by its class (`com.example/.Chat`, or `.Chat` and
/// `com.example.Chat` where the package is known) or by an action (`com.example.OPEN_CHAT`).
///
/// Classes are written in mixed case, actions end in capitals: that is how they are told apart.
fn activity(name: &str, package: Option<&str>) -> Result<String, Rejection> {
    let legal = |letter: char| letter.is_alphanumeric() || "._$/".contains(letter);
    if name.is_empty() || !name.chars().all(legal) {
        return Err(invalid("on_click", "is not the name of an activity"));
    }
    let last = name.rsplit(['.', '/']).next().unwrap_or(name);
    let is_class = name.starts_with('.') || last.chars().any(char::is_lowercase);
    match package {
        _ if name.contains('/') => Ok(format!("intent:#Intent;component={name};end")),
        Some(package) if is_class => Ok(format!("intent:#Intent;component={package}/{name};end")),
        None if is_class => filled("on_click", "${package}", None),
        _ => Ok(format!("intent:#Intent;action={name};{}end", of(package))),
    }
}

/// The intent that shows a link (`myapp://chat/7`), in this app alone where its package is known.
fn link_intent(link: &str, package: Option<&str>) -> Result<String, Rejection> {
    let wrong = || invalid("on_click", "is not a link such as `myapp://chat/7`");
    let (scheme, rest) = link.split_once(':').ok_or_else(wrong)?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let starts_well = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    if !starts_well || !scheme.bytes().all(legal) || rest.is_empty() || !is_plain(link) {
        return Err(wrong());
    }
    let package = of(package);
    Ok(format!("intent:{rest}#Intent;scheme={scheme};{package}end"))
}

fn of(package: Option<&str>) -> String {
    package.map_or_else(String::new, |package| format!("package={package};"))
}

fn is_web(url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let is_known = ["https", "http"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    is_known && !rest.is_empty() && is_plain(url)
}

/// An intent as Android reads it from text.
fn is_intent(uri: &str) -> bool {
    uri.starts_with("intent:") && uri.contains("#Intent;") && uri.ends_with(";end")
}

fn is_plain(uri: &str) -> bool {
    let blank = |letter: char| letter.is_whitespace() || letter.is_control();
    !uri.chars().any(blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut Options)) -> Options {
        let mut options = Options::default();
        change(&mut options);
        options
    }

    fn known() -> Options {
        with(|options| options.package = Some("com.example.app".into()))
    }

    #[test]
    fn every_click_has_its_type_and_its_content() {
        let component = "intent:#Intent;component=com.example.app/";
        let rows = [
            (OnClick::OpenApp, 1, None),
            (
                OnClick::Url("https://example.com/${package}".into()),
                2,
                Some("https://example.com/com.example.app".to_owned()),
            ),
            (
                OnClick::Activity(".Chat".into()),
                4,
                Some(format!("{component}.Chat;end")),
            ),
            (
                OnClick::Activity("${package}.ui.Chat".into()),
                4,
                Some(format!("{component}com.example.app.ui.Chat;end")),
            ),
            (
                OnClick::Activity("org.other/.Chat".into()),
                4,
                Some("intent:#Intent;component=org.other/.Chat;end".into()),
            ),
            (
                OnClick::Activity("com.example.app.OPEN_CHAT".into()),
                4,
                Some(
                    "intent:#Intent;action=com.example.app.OPEN_CHAT;package=com.example.app;end"
                        .into(),
                ),
            ),
            (
                OnClick::Intent("intent:#Intent;component=${package}/.A;S.k=v;end".into()),
                4,
                Some(format!("{component}.A;S.k=v;end")),
            ),
            (
                OnClick::DeepLink("myapp://chat/7?x=1#top".into()),
                4,
                Some(
                    "intent://chat/7?x=1#top#Intent;scheme=myapp;package=com.example.app;end"
                        .into(),
                ),
            ),
        ];
        for (on_click, skip_type, content) in rows {
            let click = Click::new(&on_click, &known()).unwrap();
            assert_eq!((click.skip_type, click.content), (skip_type, content));
        }
    }

    #[test]
    fn without_a_package_a_click_says_all_it_can_and_no_more() {
        let rows = [
            (
                OnClick::DeepLink("myapp://chat".into()),
                Some("intent://chat#Intent;scheme=myapp;end"),
            ),
            (
                OnClick::Activity("com.example.OPEN_CHAT".into()),
                Some("intent:#Intent;action=com.example.OPEN_CHAT;end"),
            ),
            (
                OnClick::Activity("com.example/.Chat".into()),
                Some("intent:#Intent;component=com.example/.Chat;end"),
            ),
            (OnClick::Activity(".Chat".into()), None),
            (OnClick::Activity("com.example.Chat".into()), None),
            (OnClick::Url("https://e.com/${package}".into()), None),
        ];
        for (on_click, content) in rows {
            let click = Click::new(&on_click, &Options::default());
            match (click, content) {
                (Ok(click), Some(content)) => assert_eq!(click.content.as_deref(), Some(content)),
                (Err(rejection), None) => {
                    assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
                    assert!(
                        rejection.reason.contains("vendor.vivo.package"),
                        "{rejection:?}"
                    );
                }
                (click, _) => panic!("{on_click:?}: {click:?}"),
            }
        }
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        let rows = [
            OnClick::Url("example.com".into()),
            OnClick::Url("ftp://example.com".into()),
            OnClick::Url("https://".into()),
            OnClick::Url("https://exa mple.com".into()),
            OnClick::Url(format!("https://e.com/{}", "x".repeat(2048))),
            OnClick::Activity(String::new()),
            OnClick::Activity("a;S.k=v".into()),
            OnClick::Intent("com.example.app".into()),
            OnClick::DeepLink("chat/7".into()),
            OnClick::DeepLink("7://chat".into()),
            OnClick::DeepLink("myapp:".into()),
        ];
        for on_click in rows {
            let rejection = Click::new(&on_click, &known()).unwrap_err();
            assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{on_click:?}");
            assert!(rejection.reason.contains("on_click"), "{on_click:?}");
        }
    }

    #[test]
    fn the_options_beat_the_notification() {
        let url = OnClick::Url("https://e.com".into());
        let of = |skip_type, content: Option<&str>| {
            let options = with(|options| {
                options.skip_type = skip_type;
                options.skip_content = content.map(str::to_owned);
            });
            Click::new(&url, &options)
        };
        assert_eq!(of(Some(1), None).unwrap(), Click::app());
        let custom = of(Some(3), Some("{}")).unwrap();
        assert_eq!(
            (custom.skip_type, custom.content.as_deref()),
            (3, Some("{}"))
        );
        let wrong = [
            (Some(0), Some("x")),
            (Some(5), Some("x")),
            (Some(1), Some("x")),
            (Some(2), None),
            (Some(2), Some("x")),
            (Some(3), Some("")),
            (Some(4), Some("myapp://x")),
            (None, Some("x")),
        ];
        for (skip_type, content) in wrong {
            let rejection = of(skip_type, content).unwrap_err();
            assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{skip_type:?}");
        }
    }
}
