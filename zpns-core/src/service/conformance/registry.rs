//! The cases of a registry, one rule each.

use std::collections::BTreeSet;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::join_all;

use crate::model::{ProviderId, Timestamp, Token, TokenAction};
use crate::service::registry::{export, import_line};
use crate::service::{
    AttributeValue, ChannelState, Device, DeviceQuery, DeviceUpdate, Expression, Platform, PushId,
    Registration, Registry, RegistryError, TokenChange, TokenVerdict, UserId,
};

type Store = Arc<dyn Registry>;

pub(super) fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_764_000_000 + secs)
}

pub(super) fn limit(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap()
}

fn app(provider: &str, token: &str) -> Registration {
    Registration::new(Platform::Android).channel(provider, token)
}

async fn get(store: &Store, id: PushId) -> Device {
    store
        .device(id)
        .await
        .unwrap()
        .expect("the device is there")
}

async fn owner(store: &Store, provider: &str, token: &str) -> Option<PushId> {
    let (provider, token) = (ProviderId::from(provider), Token::from(token));
    let found = store.find(&provider, &token).await.unwrap();
    found.map(|device| device.id)
}

fn tokens(device: &Device) -> Vec<(&str, &str)> {
    let channels = device.channels.iter();
    channels
        .map(|channel| (channel.provider.as_str(), channel.token.as_str()))
        .collect()
}

pub(super) async fn all(store: &Store, query: &DeviceQuery, page: usize) -> Vec<Device> {
    let mut devices = Vec::new();
    let mut after = None;
    loop {
        let page = store.page(query, after, limit(page)).await.unwrap();
        devices.extend(page.devices);
        after = page.next;
        if after.is_none() {
            return devices;
        }
    }
}

async fn change(store: &Store, provider: &str, token: &str, verdict: TokenVerdict) -> bool {
    let changes = [TokenChange::new(provider, token, verdict)];
    store.apply(&changes).await.unwrap() == [true]
}

fn dropped(secs: u64) -> TokenVerdict {
    TokenVerdict::Drop { since: at(secs) }
}

pub async fn a_token_registered_again_is_the_same_device<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let id = store.register(app("fcm", "a"), at(0)).await.unwrap();
    assert_eq!(store.register(app("fcm", "a"), at(5)).await.unwrap(), id);
    let device = get(&store, id).await;
    assert_eq!(device.registered, at(0));
    assert_eq!(device.channels[0].registered, at(5));
    assert_eq!(all(&store, &DeviceQuery::All, 10).await.len(), 1);
    assert_ne!(store.register(app("fcm", "b"), at(5)).await.unwrap(), id);
}

pub async fn a_registration_replaces_the_channels_and_keeps_the_user<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let first = app("xiaomi", "x")
        .channel("fcm", "f")
        .tag("vip")
        .locale("de");
    let id = store.register(first, at(0)).await.unwrap();
    store.bind(id, &"alice".into()).await.unwrap();
    let second = app("fcm", "f2").channel("xiaomi", "x").of(id);
    store.register(second, at(1)).await.unwrap();
    let device = get(&store, id).await;
    assert_eq!(tokens(&device), [("fcm", "f2"), ("xiaomi", "x")]);
    assert_eq!(device.user, Some("alice".into()));
    assert!(device.tags.contains("vip"));
    assert_eq!(device.locale.as_deref(), Some("de"));
    assert_eq!(owner(&store, "fcm", "f").await, None);
    assert_eq!(owner(&store, "fcm", "f2").await, Some(id));
}

pub async fn a_registration_that_is_not_possible_is_refused_and_changes_nothing<
    F: Future<Output = Store>,
>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let id = store.register(app("fcm", "a"), at(0)).await.unwrap();
    let before = get(&store, id).await;
    for wrong in [
        Registration::new(Platform::Ios).of(id),
        app("fcm", "").of(id),
        app("", "a").of(id),
        app("fcm", "b").channel("fcm", "c").of(id),
    ] {
        let error = store.register(wrong, at(1)).await.unwrap_err();
        assert!(matches!(error, RegistryError::Invalid(_)), "{error:?}");
    }
    let nobody = PushId::new();
    let error = store.register(app("fcm", "a").of(nobody), at(1)).await;
    assert!(matches!(error, Err(RegistryError::UnknownDevice(id)) if id == nobody));
    let error = store.bind(nobody, &"alice".into()).await.unwrap_err();
    assert!(matches!(error, RegistryError::UnknownDevice(id) if id == nobody));
    let update = DeviceUpdate::default();
    assert!(store.update(nobody, &update).await.is_err());
    assert_eq!(all(&store, &DeviceQuery::All, 10).await, [before]);
}

pub async fn a_token_that_moves_to_another_device_leaves_the_first<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let both = app("xiaomi", "x").channel("fcm", "f");
    let first = store.register(both, at(0)).await.unwrap();
    let second = store.register(app("fcm", "g"), at(1)).await.unwrap();
    store
        .register(app("fcm", "f").of(second), at(2))
        .await
        .unwrap();
    assert_eq!(owner(&store, "fcm", "f").await, Some(second));
    assert_eq!(tokens(&get(&store, first).await), [("xiaomi", "x")]);
    assert_eq!(get(&store, first).await.dead, None);
    store
        .register(app("xiaomi", "x").of(second), at(3))
        .await
        .unwrap();
    let first = get(&store, first).await;
    assert!(first.channels.is_empty());
    assert_eq!(first.dead, Some(at(3)), "no channel reaches it");
}

pub async fn a_token_may_be_the_same_text_at_two_providers<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let one = store.register(app("ios", "a"), at(0)).await.unwrap();
    let two = store
        .register(app("ios-sandbox", "a"), at(0))
        .await
        .unwrap();
    assert_ne!(one, two);
    assert!(store.unregister(one).await.unwrap());
    assert_eq!(owner(&store, "ios-sandbox", "a").await, Some(two));
}

pub async fn a_rotated_token_stays_in_its_place<F: Future<Output = Store>>(empty: impl Fn() -> F) {
    let store = empty().await;
    let both = app("xiaomi", "x").channel("fcm", "f");
    let id = store.register(both, at(0)).await.unwrap();
    store
        .rotate(id, &"xiaomi".into(), &"y".into(), at(1))
        .await
        .unwrap();
    store
        .rotate(id, &"oppo".into(), &"o".into(), at(2))
        .await
        .unwrap();
    let device = get(&store, id).await;
    assert_eq!(
        tokens(&device),
        [("xiaomi", "y"), ("fcm", "f"), ("oppo", "o")]
    );
    assert_eq!(device.channels[0].registered, at(1));
    assert_eq!(device.channels[1].registered, at(0));
    assert_eq!(owner(&store, "xiaomi", "x").await, None);
    assert!(
        store
            .rotate(id, &"fcm".into(), &"".into(), at(3))
            .await
            .is_err()
    );
}

pub async fn a_device_is_one_users_at_a_time<F: Future<Output = Store>>(empty: impl Fn() -> F) {
    let store = empty().await;
    let (alice, bob) = (UserId::from("alice"), UserId::from("bob"));
    let id = store.register(app("fcm", "a"), at(0)).await.unwrap();
    assert_eq!(store.bind(id, &alice).await.unwrap(), None);
    assert_eq!(store.bind(id, &bob).await.unwrap(), Some(alice.clone()));
    assert!(all(&store, &DeviceQuery::User(alice), 9).await.is_empty());
    assert_eq!(all(&store, &DeviceQuery::User(bob), 9).await.len(), 1);
    assert!(store.unbind(id, None).await.unwrap());
    assert!(!store.unbind(id, None).await.unwrap());
    assert_eq!(get(&store, id).await.user, None);
}

pub async fn a_late_log_out_does_not_log_out_the_next_user<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let (alice, bob) = (UserId::from("alice"), UserId::from("bob"));
    let id = store.register(app("fcm", "a"), at(0)).await.unwrap();
    store.bind(id, &bob).await.unwrap();
    assert!(!store.unbind(id, Some(&alice)).await.unwrap());
    assert_eq!(get(&store, id).await.user, Some(bob.clone()));
    assert!(store.unbind(id, Some(&bob)).await.unwrap());
    assert_eq!(get(&store, id).await.user, None);
    assert!(!store.unbind(PushId::new(), None).await.unwrap());
}

pub async fn a_forced_log_out_spares_one_device<F: Future<Output = Store>>(empty: impl Fn() -> F) {
    let store = empty().await;
    let alice = UserId::from("alice");
    let mut ids = Vec::new();
    for token in ["a", "b", "c"] {
        let id = store.register(app("fcm", token), at(0)).await.unwrap();
        store.bind(id, &alice).await.unwrap();
        ids.push(id);
    }
    let out = store.unbind_all(&alice, Some(ids[1])).await.unwrap();
    let expected = BTreeSet::from([ids[0], ids[2]]);
    assert_eq!(out.into_iter().collect::<BTreeSet<_>>(), expected);
    let left = all(&store, &DeviceQuery::User(alice), 9).await;
    assert_eq!(
        left.iter().map(|device| device.id).collect::<Vec<_>>(),
        [ids[1]]
    );
}

pub async fn an_unregistered_device_is_gone_with_its_tokens<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let id = store.register(app("fcm", "a"), at(0)).await.unwrap();
    store.bind(id, &"alice".into()).await.unwrap();
    assert!(store.unregister(id).await.unwrap());
    assert!(!store.unregister(id).await.unwrap());
    assert_eq!(store.device(id).await.unwrap(), None);
    assert_eq!(owner(&store, "fcm", "a").await, None);
    let alices = DeviceQuery::User("alice".into());
    assert!(all(&store, &alices, 9).await.is_empty());
    assert!(!change(&store, "fcm", "a", dropped(9)).await);
    assert_ne!(store.register(app("fcm", "a"), at(1)).await.unwrap(), id);
}

pub async fn tags_and_attributes_are_set_and_removed<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let first = app("fcm", "a").tag("vip").tag("cn").attribute("age", 30.0);
    let id = store.register(first, at(0)).await.unwrap();
    let update = DeviceUpdate::default()
        .add_tag("beta")
        .remove_tag("cn")
        .set("city", "Bern")
        .set("ok", true)
        .unset("age");
    store.update(id, &update).await.unwrap();
    let device = get(&store, id).await;
    assert_eq!(device.tags, BTreeSet::from(["beta".into(), "vip".into()]));
    let attributes: Vec<_> = device.attributes.into_iter().collect();
    let city = ("city".to_owned(), AttributeValue::from("Bern"));
    let ok = ("ok".to_owned(), AttributeValue::from(true));
    assert_eq!(attributes, [city, ok]);
}

async fn fill(store: &Store, count: usize) -> Vec<PushId> {
    let mut ids = Vec::new();
    for number in 0..count {
        let app = app("fcm", &format!("token-{number}"));
        ids.push(store.register(app, at(0)).await.unwrap());
    }
    ids
}

pub async fn pages_hold_every_device_once_in_order<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    assert!(all(&store, &DeviceQuery::All, 3).await.is_empty());
    let mut ids = fill(&store, 25).await;
    ids.sort_unstable();
    for size in [1, 7, 24, 25, 26] {
        let devices = all(&store, &DeviceQuery::All, size).await;
        let found: Vec<_> = devices.iter().map(|device| device.id).collect();
        assert_eq!(found, ids, "pages of {size}");
    }
}

pub async fn pages_of_users_hold_their_devices_only<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let ids = fill(&store, 12).await;
    for (number, id) in ids.iter().enumerate() {
        let user = ["alice", "bob", "carol"][number % 3];
        store.bind(*id, &user.into()).await.unwrap();
    }
    let users = DeviceQuery::Users(["alice".into(), "carol".into(), "alice".into()].into());
    for (query, expected) in [(users, 8), (DeviceQuery::User("bob".into()), 4)] {
        let devices = all(&store, &query, 3).await;
        let found: BTreeSet<_> = devices.iter().map(|device| device.id).collect();
        assert_eq!((devices.len(), found.len()), (expected, expected));
    }
}

pub async fn pages_of_an_expression_hold_what_it_means<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    for number in 0..40_u8 {
        let mut app = app("fcm", &format!("token-{number}"));
        if number % 2 == 0 {
            app = app.tag("vip");
        }
        if number % 3 == 0 {
            app = app.tag("cn");
        }
        app = app.attribute("number", f64::from(number));
        store.register(app, at(0)).await.unwrap();
    }
    for (text, expected) in [
        ("vip && !cn", 13),
        ("vip || cn", 27),
        ("number >= 30 && vip", 5),
        ("$provider == fcm", 40),
        ("nobody", 0),
    ] {
        let expression: Expression = text.parse().unwrap();
        let query = DeviceQuery::Matching(Arc::new(expression.clone()));
        for page in [1, 7, 100] {
            let devices = all(&store, &query, page).await;
            assert_eq!(devices.len(), expected, "{text}");
            assert!(devices.iter().all(|device| expression.matches(device)));
            assert!(devices.is_sorted_by_key(|device| device.id));
        }
    }
}

pub async fn a_page_is_stable_while_devices_come_and_go<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let ids = fill(&store, 20).await;
    let (leaving, staying) = ids.split_at(10);
    let mut seen = Vec::new();
    let mut after = None;
    for step in 0.. {
        let page = store
            .page(&DeviceQuery::All, after, limit(3))
            .await
            .unwrap();
        seen.extend(page.devices.iter().map(|device| device.id));
        let Some(next) = page.next else { break };
        after = Some(next);
        if let Some(id) = leaving.get(step) {
            store.unregister(*id).await.unwrap();
            let app = app("fcm", &format!("new-{step}"));
            store.register(app, at(1)).await.unwrap();
        }
    }
    for id in staying {
        let times = seen.iter().filter(|found| *found == id).count();
        assert_eq!(times, 1);
    }
}

pub async fn a_dropped_token_is_dead_until_it_is_registered_again<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let both = app("xiaomi", "x").channel("fcm", "f");
    let id = store.register(both.clone(), at(0)).await.unwrap();
    assert!(change(&store, "xiaomi", "x", dropped(1)).await);
    let device = get(&store, id).await;
    let state = ChannelState::Dead { since_ms: at(1) };
    assert_eq!((device.channels[0].state, device.dead), (state, None));
    let usable: Vec<_> = device.usable(at(2)).collect();
    assert_eq!(usable, [&device.channels[1]]);
    assert!(change(&store, "fcm", "f", dropped(2)).await);
    assert_eq!(get(&store, id).await.dead, Some(at(2)));
    assert_eq!(store.register(both, at(3)).await.unwrap(), id);
    let device = get(&store, id).await;
    assert_eq!((device.usable(at(3)).count(), device.dead), (2, None));
}

pub async fn a_vendors_word_older_than_the_registration_drops_nothing<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let id = store.register(app("ios", "a"), at(10)).await.unwrap();
    assert!(!change(&store, "ios", "a", dropped(9)).await);
    assert_eq!(get(&store, id).await.channels[0].state, ChannelState::Live);
    // Without a date of the vendor's own, the push that found it dead was sent before.
    let verdict = |action| TokenVerdict::from_action(&action, at(9), at(99)).unwrap();
    let undated = verdict(TokenAction::Drop { since: None });
    assert!(!change(&store, "ios", "a", undated).await);
    let old = verdict(TokenAction::Replace("b".into()));
    assert!(!change(&store, "ios", "a", old).await);
    assert!(change(&store, "ios", "a", dropped(11)).await);
    assert!(
        !change(&store, "ios", "a", dropped(12)).await,
        "dead already"
    );
}

pub async fn a_bulk_of_verdicts_says_of_each_whether_it_changed_anything<
    F: Future<Output = Store>,
>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    fill(&store, 100).await;
    let changes: Vec<_> = (0..200)
        .map(|number| {
            let token = format!("token-{}", number % 150);
            TokenChange::new("fcm", token, dropped(1))
        })
        .collect();
    let changed = store.apply(&changes).await.unwrap();
    let expected: Vec<_> = (0..200).map(|number| number < 100).collect();
    assert_eq!(changed, expected);
    let devices = all(&store, &DeviceQuery::All, 64).await;
    assert!(devices.iter().all(|device| device.dead == Some(at(1))));
}

pub async fn a_replaced_token_takes_the_place_of_the_old_one<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let both = app("xiaomi", "x").channel("fcm", "f");
    let id = store.register(both, at(0)).await.unwrap();
    let replace = |secs, token: &str| TokenVerdict::Replace {
        token: token.into(),
        at: at(secs),
    };
    assert!(change(&store, "xiaomi", "x", replace(1, "y")).await);
    assert!(!change(&store, "xiaomi", "x", replace(1, "y")).await);
    assert!(!change(&store, "xiaomi", "y", replace(2, "y")).await);
    let device = get(&store, id).await;
    assert_eq!(tokens(&device), [("xiaomi", "y"), ("fcm", "f")]);
    assert_eq!(device.channels[0].registered, at(1));
    assert_eq!(owner(&store, "xiaomi", "x").await, None);
    assert_eq!(owner(&store, "xiaomi", "y").await, Some(id));
}

pub async fn a_replacement_never_takes_a_token_from_another_device<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let old = store.register(app("fcm", "a"), at(0)).await.unwrap();
    // The app has registered its new token without its name before the vendor spoke.
    let new = store.register(app("fcm", "b"), at(1)).await.unwrap();
    store.bind(new, &"alice".into()).await.unwrap();
    let replace = TokenVerdict::Replace {
        token: "b".into(),
        at: at(2),
    };
    assert!(change(&store, "fcm", "a", replace).await);
    assert_eq!(owner(&store, "fcm", "b").await, Some(new));
    assert_eq!(get(&store, old).await.dead, Some(at(2)));
}

pub async fn a_muted_token_is_muted_until_then<F: Future<Output = Store>>(empty: impl Fn() -> F) {
    let store = empty().await;
    let id = store.register(app("oppo", "a"), at(0)).await.unwrap();
    assert!(change(&store, "oppo", "a", TokenVerdict::Mute { until: at(60) }).await);
    let device = get(&store, id).await;
    assert_eq!(device.usable(at(59)).count(), 0);
    assert_eq!(device.usable(at(60)).count(), 1);
    assert_eq!(device.dead, None);
    change(&store, "oppo", "a", dropped(61)).await;
    let mute = TokenVerdict::Mute { until: at(90) };
    assert!(!change(&store, "oppo", "a", mute).await, "it stays dead");
}

pub async fn dead_devices_are_forgotten_after_their_retention<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let ids = fill(&store, 5).await;
    for number in 0..4 {
        let token = format!("token-{number}");
        change(&store, "fcm", &token, dropped(number)).await;
    }
    store.register(app("fcm", "token-0"), at(9)).await.unwrap();
    assert_eq!(store.purge(at(3), limit(1)).await.unwrap(), 1);
    assert_eq!(store.purge(at(3), limit(10)).await.unwrap(), 1);
    assert_eq!(store.purge(at(3), limit(10)).await.unwrap(), 0);
    let left = all(&store, &DeviceQuery::All, 9).await;
    let left: BTreeSet<_> = left.iter().map(|device| device.id).collect();
    assert_eq!(left, BTreeSet::from([ids[0], ids[3], ids[4]]));
}

pub async fn an_export_fills_another_registry_with_the_same_devices<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let (from, to) = (empty().await, empty().await);
    let ids = fill(&from, 5).await;
    let update = DeviceUpdate::default().add_tag("vip").set("age", 30.0);
    from.update(ids[0], &update).await.unwrap();
    from.bind(ids[1], &"alice".into()).await.unwrap();
    change(&from, "fcm", "token-2", dropped(1)).await;
    change(&from, "fcm", "token-3", TokenVerdict::Mute { until: at(7) }).await;
    let lines: Vec<String> = export(&*from).map(Result::unwrap).collect().await;
    assert_eq!(lines.len(), 5);
    for line in lines.iter().chain(&lines) {
        assert!(!line.contains('\n'));
        assert!(import_line(&*to, line).await.unwrap());
    }
    let (before, after) = (
        all(&from, &DeviceQuery::All, 9).await,
        all(&to, &DeviceQuery::All, 9).await,
    );
    assert_eq!(before, after);
    assert!(!import_line(&*to, " ").await.unwrap());
    let error = import_line(&*to, r#"{"id": "secret"}"#).await.unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}

pub async fn a_restored_device_takes_its_tokens_back<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let first = store.register(app("fcm", "a"), at(0)).await.unwrap();
    let device = get(&store, first).await;
    let second = store.register(app("fcm", "b"), at(1)).await.unwrap();
    store
        .register(app("fcm", "a").of(second), at(2))
        .await
        .unwrap();
    store.restore(device.clone()).await.unwrap();
    assert_eq!(get(&store, first).await, device);
    assert_eq!(owner(&store, "fcm", "a").await, Some(first));
    assert!(get(&store, second).await.channels.is_empty());
}

pub async fn at_the_same_time_a_token_gets_one_owner<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let ids = fill(&store, 16).await;
    let tasks = ids.iter().map(|id| {
        let (store, id) = (Arc::clone(&store), *id);
        tokio::spawn(async move {
            for round in 0..20 {
                let app = app("fcm", "wanted").of(id);
                store.register(app, at(round)).await.unwrap();
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    let devices = all(&store, &DeviceQuery::All, 100).await;
    assert_eq!(devices.len(), 16);
    let owners = devices.iter().filter(|device| !device.channels.is_empty());
    let owners: Vec<_> = owners.map(|device| Some(device.id)).collect();
    assert_eq!(owners, [owner(&store, "fcm", "wanted").await]);
    let fresh = (0..16).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.register(app("fcm", "fresh"), at(30)).await.unwrap() })
    });
    let fresh: BTreeSet<_> = join_all(fresh)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        fresh.len(),
        1,
        "one device, however many registered it at once"
    );
}

pub async fn at_the_same_time_a_device_gets_one_user<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let id = store.register(app("fcm", "a"), at(0)).await.unwrap();
    let users: Vec<UserId> = (0..16).map(|number| format!("u{number}").into()).collect();
    let tasks = users.iter().map(|user| {
        let (store, user) = (Arc::clone(&store), user.clone());
        tokio::spawn(async move { store.bind(id, &user).await.unwrap() })
    });
    let before: Vec<_> = join_all(tasks)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let first = before.iter().filter(|user| user.is_none()).count();
    assert_eq!(first, 1, "each one but the first evicted exactly one");
    let evicted: BTreeSet<_> = before.into_iter().flatten().collect();
    assert_eq!(evicted.len(), 15);
    let query = DeviceQuery::Users(users.into());
    let devices = all(&store, &query, 100).await;
    assert_eq!(devices.len(), 1);
    assert!(!evicted.contains(devices[0].user.as_ref().unwrap()));
}
