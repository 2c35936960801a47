//! The push services and the paths of their subscriptions.

use std::borrow::Cow;

use url::form_urlencoded;

use crate::call::Call;

/// A push service whose words an answer is in. The path of a subscription chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Mozilla's autopush: `/push/<id>`, `/wpush/v2/<id>`, and `/wpush/v1/<id>`, which asks for no
    /// VAPID and takes any key. JSON with `code` and `errno`.
    Mozilla,
    /// Google's: `/fcm/send/<id>` and `/wp/<id>`. Plain text.
    Google,
    /// Apple's: `/<id>`. JSON with a `reason`.
    Apple,
    /// Microsoft's: `/w/?token=<id>`. Headers that start with `X-WNS-`.
    Microsoft,
}

/// The beginning of a path, whose it is, and whether it takes pushes without VAPID.
#[rustfmt::skip]
const PATHS: &[(&str, Service, bool)] = &[
    ("/push/", Service::Mozilla, false),
    ("/wpush/v2/", Service::Mozilla, false),
    ("/wpush/v1/", Service::Mozilla, true),
    ("/fcm/send/", Service::Google, false),
    ("/wp/", Service::Google, false),
];

/// Where Microsoft's subscriptions are.
const CHANNELS: &str = "/w/";

impl Service {
    /// The path of a subscription with this id.
    ///
    /// ```
    /// use zpns_simulator::webpush::Service;
    ///
    /// assert_eq!(Service::Google.path("a"), "/fcm/send/a");
    /// assert_eq!(Service::Microsoft.path("a=b"), "/w/?token=a%3Db");
    /// ```
    pub fn path(self, id: &str) -> String {
        match self {
            Self::Mozilla => format!("/push/{id}"),
            Self::Google => format!("/fcm/send/{id}"),
            Self::Apple => format!("/{id}"),
            Self::Microsoft => {
                let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
                format!("{CHANNELS}?token={id}")
            }
        }
    }
}

/// What a request goes to.
#[derive(Debug)]
pub(super) struct Address<'a> {
    pub(super) service: Service,
    pub(super) id: Cow<'a, str>,
    /// Path and query as they came: what is compared is the whole of an endpoint.
    pub(super) path: Cow<'a, str>,
    open: bool,
}

impl<'a> Address<'a> {
    /// Reads a request's path and query.
    pub(super) fn of(call: &'a Call) -> Option<Self> {
        match &call.query {
            Some(query) => Self::parse(Cow::Owned(format!("{}?{query}", call.path))),
            None => Self::parse(Cow::Borrowed(&call.path)),
        }
    }

    /// Reads path and query.
    pub(super) fn parse(whole: Cow<'a, str>) -> Option<Self> {
        let (path, query) = match whole.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&*whole, None),
        };
        let row = PATHS.iter().find(|(prefix, ..)| path.starts_with(prefix));
        let (service, id, open) = match (row, query) {
            (Some((prefix, service, open)), None) => {
                (*service, path[prefix.len()..].to_owned(), *open)
            }
            (None, Some(query)) if path == CHANNELS => {
                let mut pairs = form_urlencoded::parse(query.as_bytes());
                let (_, id) = pairs.find(|(key, _)| key == "token")?;
                (Service::Microsoft, id.into_owned(), false)
            }
            (None, None) => {
                let id = path.strip_prefix('/')?;
                let is_one = !id.is_empty() && !id.contains('/');
                (Service::Apple, is_one.then(|| id.to_owned())?, false)
            }
            _ => return None,
        };
        Some(Self {
            service,
            id: Cow::Owned(id),
            path: whole,
            open,
        })
    }

    /// Whether it takes pushes without VAPID, and with any key.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// What a subscription's id may hold.
    pub(super) fn is_well_formed(&self) -> bool {
        let more: &[u8] = match self.service {
            Service::Microsoft => b"-_.~:+/=",
            _ => b"-_.~:",
        };
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || more.contains(&byte);
        (1..=1024).contains(&self.id.len()) && self.id.bytes().all(legal)
    }
}
