//! [`Notification`](zpns_core::Notification) → the form of `push/varnished/pushByPushId`, with
//! Meizu's typed options and limits.

mod check;
mod class;
mod click;
mod encode;
mod form;
mod ids;
mod look;
mod options;
#[cfg(test)]
mod tests;

pub(crate) use self::check::MAX_TTL;
pub use self::class::NoticeMsgType;
pub(crate) use self::encode::encode;
pub(crate) use self::form::{Template, query};
pub use self::options::{
    AdvanceInfo, CallbackType, ClickType, ClickTypeInfo, Extra, FixDisplay, NoticeBarInfo,
    NoticeBarType, NoticeExpandInfo, NoticeExpandType, NotificationType, Options, PushTimeInfo,
    TitleColor, VipInfo,
};
