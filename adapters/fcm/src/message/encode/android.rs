//! What the notification says to Android devices.

use serde_json::Value;
use zpns_core::{Badge, OnClick, Priority, Sound};

use super::super::{AndroidConfig, AndroidNotification, AndroidPriority, Options, ProtoDuration};
use super::form::{Form, Push};
use super::{fill, unless_empty};

/// `message.android`: the host's own options, with the rest filled in.
pub(super) fn half(push: &Push<'_>, options: &Options) -> Option<AndroidConfig> {
    if options.android_v2.is_some() {
        return None;
    }
    let mut half = options.android.clone().unwrap_or_default();
    fill(&mut half.collapse_key, push.message.collapse_key.clone());
    fill(&mut half.priority, push.priority.map(priority));
    fill(&mut half.ttl, push.ttl.map(ProtoDuration::from));
    if push.form == Form::Shown {
        let own = half.notification.take().unwrap_or_default();
        half.notification = unless_empty(filled(own, push));
    }
    unless_empty(half)
}

/// `message.android_v2`: the host's own, with what both versions have.
pub(super) fn second_version(push: &Push<'_>, options: &Options) -> Option<Value> {
    let mut half = options.android_v2.clone()?;
    let ttl = push.ttl.map(|ttl| ProtoDuration::from(ttl).to_string());
    let both = [
        ("collapse_key", push.message.collapse_key.clone()),
        ("ttl", ttl),
    ];
    if let Value::Object(fields) = &mut half {
        for (key, value) in both {
            if let Some(value) = value {
                fields.entry(key).or_insert(value.into());
            }
        }
    }
    Some(half)
}

fn filled(mut look: AndroidNotification, push: &Push<'_>) -> AndroidNotification {
    let message = push.message;
    let args = |args: &Vec<String>| (!args.is_empty()).then(|| args.clone());
    // Arguments belong to their key: those of the notification never fill in another's gaps.
    if look.title_loc_key.is_none() {
        look.title_loc_key.clone_from(&message.title_loc_key);
        look.title_loc_args = args(&message.title_loc_args);
    }
    if look.body_loc_key.is_none() {
        look.body_loc_key.clone_from(&message.body_loc_key);
        look.body_loc_args = args(&message.body_loc_args);
    }
    fill(&mut look.channel_id, message.channel.clone());
    fill(&mut look.tag, message.collapse_key.clone());
    fill(&mut look.sound, sound(&message.sound));
    if let Badge::Set(number) = message.badge {
        fill(&mut look.notification_count, Some(number));
    }
    if let OnClick::Activity(activity) = &*push.on_click {
        fill(&mut look.click_action, Some(activity.clone()));
    }
    look
}

fn priority(priority: Priority) -> AndroidPriority {
    match priority {
        Priority::High => AndroidPriority::High,
        _ => AndroidPriority::Normal,
    }
}

/// Android has no critical alerts: the sound of one is an ordinary one there.
fn sound(sound: &Sound) -> Option<String> {
    match sound {
        Sound::Default => Some("default".to_owned()),
        Sound::Named(name) | Sound::Critical { name, .. } => Some(name.clone()),
        _ => None,
    }
}
