//! The objects of `messageJson` that come from the options, by Meizu's names and with 0 and 1 for
//! no and yes.

use serde_json::{Map, Value};

use super::check::expand_type;
use super::{AdvanceInfo, Extra, NoticeExpandInfo, NotificationType, VipInfo};

/// An object; members that are not set are left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Object(pub(super) Map<String, Value>);

impl Object {
    pub(super) fn set(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
    }

    pub(super) fn flag(&mut self, name: &str, value: Option<bool>) {
        self.set(name, value.map(u8::from));
    }

    /// Adds an object that says something.
    pub(super) fn object(&mut self, name: &str, object: Self) {
        self.set(name, (!object.0.is_empty()).then_some(object.0));
    }
}

/// `noticeExpandInfo`.
pub(super) fn expand(info: &NoticeExpandInfo) -> Object {
    let mut object = Object::default();
    object.set("noticeExpandType", Some(expand_type(info).wire()));
    let content = info.notice_expand_content.as_deref();
    object.set("noticeExpandContent", content);
    let picture = info.notice_expand_img_url.as_deref();
    object.set("noticeExpandImgUrl", picture);
    object
}

/// `advanceInfo`, with this `notifyKey`.
pub(super) fn advance(info: &AdvanceInfo, notify_key: &str) -> Object {
    let mut object = Object::default();
    object.flag("suspend", info.suspend);
    object.flag("clearNoticeBar", info.clear_notice_bar);
    if let Some(window) = &info.fix_display {
        object.flag("fixDisplay", Some(true));
        object.set("fixStartDisplayTime", Some(window.start.as_str()));
        object.set("fixEndDisplayTime", Some(window.end.as_str()));
    }
    if let Some(alerts) = info.notification_type {
        object.object("notificationType", notification_type(alerts));
    }
    object.set("notifyKey", Some(notify_key));
    object
}

fn notification_type(alerts: NotificationType) -> Object {
    let mut object = Object::default();
    object.flag("vibrate", Some(alerts.vibrate));
    object.flag("lights", Some(alerts.lights));
    object.flag("sound", Some(alerts.sound));
    object
}

/// `vipInfo`.
pub(super) fn vip(info: &VipInfo) -> Object {
    let mut object = Object::default();
    object.set("subtitle", info.subtitle.as_deref());
    object.flag("pullDownTop", info.pull_down_top);
    object.set("timeTop", info.time_top);
    object.flag("notGroup", info.not_group);
    let color = info.title_color.map(|color| color.wire());
    object.set("titleColor", color);
    object.set("backgroundImgUrl", info.background_img_url.as_deref());
    object.set("smallIconUrl", info.small_icon_url.as_deref());
    object.set("bigIconUrl", info.big_icon_url.as_deref());
    object
}

/// `extra`.
pub(super) fn extra(info: &Extra) -> Object {
    let mut object = Object::default();
    object.set("callback", Some(info.callback.as_str()));
    object.set("callback.param", info.callback_param.as_deref());
    let kind = info.callback_type.map(|kind| kind.wire());
    object.set("callback.type", kind);
    object
}
