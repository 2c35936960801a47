//! What a tap opens.

use serde_json::{Map, Value};
use zpns_core::{ErrorKind, Kind, Notification, OnClick, Rejection};
use zpns_kit::intent::without_package;
use zpns_kit::rules::{bytes, invalid};

use super::{ClickType, ClickTypeInfo};

/// Bytes of a URI or of an activity's name, as the SDK notes them.
const LIMIT: usize = 1_000;
/// Bytes of all that the app is handed. Meizu states no limit, so that this one is ours: what
/// other makers allow.
pub(super) const PARAMETERS_LIMIT: usize = 4_096;

/// The key of the notification's `payload`.
const PAYLOAD: &str = "payload";
/// The key of what happened to a call: `invite`, `cancel`, …
const CALL: &str = "call";

/// `clickTypeInfo`: what a tap opens, and what the app is handed then.
///
/// # Errors
/// A click that Meizu has not, or more than it takes.
pub(super) fn info(
    message: &Notification,
    options: &ClickTypeInfo,
) -> Result<Map<String, Value>, Rejection> {
    let click = match Click::of_options(options)? {
        Some(click) => click,
        None => Click::of(&message.on_click)?,
    };
    let mut info = click.object();
    let parameters = parameters(message, options)?;
    if !parameters.is_empty() {
        info.insert("parameters".to_owned(), Value::Object(parameters));
    }
    Ok(info)
}

/// `clickType`, and the field that goes with it. Never 3, which Meizu has stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Click<'a> {
    App,
    Activity(&'a str),
    Uri(&'a str),
}

impl<'a> Click<'a> {
    fn of_options(options: &'a ClickTypeInfo) -> Result<Option<Self>, Rejection> {
        const FIELD: &str = "vendor.meizu.click_type_info";
        let (activity, url) = (options.activity.as_deref(), options.url.as_deref());
        match (options.click_type, activity, url) {
            (None, None, None) => Ok(None),
            (Some(ClickType::App), None, None) => Ok(Some(Self::App)),
            (None | Some(ClickType::Activity), Some(name), None) => {
                self::activity(&format!("{FIELD}.activity"), name).map(Some)
            }
            (None | Some(ClickType::Uri), None, Some(url)) => {
                uri(&format!("{FIELD}.url"), url).map(Some)
            }
            (Some(ClickType::Activity), None, None) => Err(invalid(FIELD, "needs `activity`")),
            (Some(ClickType::Uri), None, None) => Err(invalid(FIELD, "needs `url`")),
            _ => Err(invalid(
                FIELD,
                "says more than one thing: keep `activity`, `url` or neither",
            )),
        }
    }

    fn of(on_click: &'a OnClick) -> Result<Self, Rejection> {
        const FIELD: &str = "on_click";
        match on_click {
            OnClick::OpenApp => Ok(Self::App),
            OnClick::Url(url) => {
                let scheme = url.split_once("://").map(|(scheme, _)| scheme);
                let is = |known| scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(known));
                if !is("https") && !is("http") {
                    return Err(invalid(FIELD, "is not an http or https URL"));
                }
                uri(FIELD, url)
            }
            OnClick::DeepLink(link) => uri(FIELD, link),
            OnClick::Activity(name) if is_action(name) => Err(Rejection::new(
                ErrorKind::Unsupported,
                "on_click: Meizu opens an activity by its class, and not by an action",
            )),
            OnClick::Activity(name) => activity(FIELD, name),
            _ => Err(Rejection::new(
                ErrorKind::Unsupported,
                "on_click: Meizu opens the app, an activity by its class, or a URI, and no intent",
            )),
        }
    }

    fn object(self) -> Map<String, Value> {
        let (click_type, field) = match self {
            Self::App => (ClickType::App, None),
            Self::Activity(name) => (ClickType::Activity, Some(("activity", name))),
            Self::Uri(url) => (ClickType::Uri, Some(("url", url))),
        };
        let field = field.map(|(name, text)| (name.to_owned(), Value::from(text)));
        let click_type = ("clickType".to_owned(), Value::from(click_type.wire()));
        [click_type].into_iter().chain(field).collect()
    }
}

/// Classes are written in mixed case, actions (`com.example.OPEN_CHAT`) end in capitals: that is
/// how they are told apart.
fn is_action(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last != name && !last.is_empty() && !last.chars().any(char::is_lowercase)
}

/// The class of an activity, in full: Meizu is not told the package.
fn activity<'a>(field: &str, name: &'a str) -> Result<Click<'a>, Rejection> {
    let name = without_package(name)?;
    bytes(field, Some(name), LIMIT)?;
    let legal = |letter: char| letter.is_alphanumeric() || "_$".contains(letter);
    let is_part = |part: &str| !part.is_empty() && part.chars().all(legal);
    if !name.contains('.') || !name.split('.').all(is_part) {
        let why = "is not the full class name of an activity (`com.example.app.Chat`)";
        return Err(invalid(field, why));
    }
    Ok(Click::Activity(name))
}

fn uri<'a>(field: &str, uri: &'a str) -> Result<Click<'a>, Rejection> {
    let uri = without_package(uri)?;
    bytes(field, Some(uri), LIMIT)?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let blank = |letter: char| letter.is_whitespace() || letter.is_control();
    let is_uri = uri.split_once(':').is_some_and(|(scheme, rest)| {
        let starts_well = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
        starts_well && scheme.bytes().all(legal) && !rest.is_empty() && !uri.contains(blank)
    });
    match is_uri {
        true => Ok(Click::Uri(uri)),
        false => Err(invalid(field, "is not a URI such as `myapp://chat/7`")),
    }
}

/// What the app is handed: `{"payload": …, "call": …, …data}`, all of them texts but for what the
/// options add.
fn parameters(
    message: &Notification,
    options: &ClickTypeInfo,
) -> Result<Map<String, Value>, Rejection> {
    let data = message.data.iter();
    let mut all: Map<String, Value> = data
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    let call = match message.kind {
        Kind::Call(event) => Some(serde_json::to_value(event).map_err(unwritable)?),
        _ => None,
    };
    let payload = message.payload.as_deref().map(Value::from);
    for (key, value) in [(PAYLOAD, payload), (CALL, call)] {
        let Some(value) = value else { continue };
        if all.insert(key.to_owned(), value).is_some() {
            let why = format!("the key `{key}` is taken by what the notification says elsewhere");
            return Err(invalid("data", why));
        }
    }
    all.extend(options.parameters.clone());
    let length = serde_json::to_string(&all).map_err(unwritable)?.len();
    if length > PARAMETERS_LIMIT {
        let why =
            format!("payload and data have {length} bytes as JSON, {PARAMETERS_LIMIT} are allowed");
        return Err(Rejection::new(ErrorKind::PayloadTooLarge, why));
    }
    Ok(all)
}

/// What serde_json cannot write.
pub(super) fn unwritable(error: serde_json::Error) -> Rejection {
    Rejection::new(ErrorKind::MessageInvalid, error.to_string())
}
