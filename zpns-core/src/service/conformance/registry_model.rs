//! Random sequences of changes, made to a registry and to the model.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::model::Model;
use super::registry::{all, at, limit};
use crate::model::{ProviderId, Token};
use crate::service::{
    DeviceQuery, DeviceUpdate, Platform, PushId, Registration, Registry, TokenChange, TokenVerdict,
    UserId,
};

/// How many sequences are tried.
const SEQUENCES: usize = 64;

/// A change to some device: the one at this place among those that there are.
#[derive(Clone, Debug)]
enum Change {
    Register(Option<usize>, Vec<(u8, u8)>, Option<u8>),
    Rotate(usize, u8, u8),
    Tag(usize, u8, bool),
    Bind(usize, u8),
    Unbind(usize, Option<u8>),
    UnbindAll(u8, usize),
    Unregister(usize),
    Verdict(u8, u8, Word),
    Purge(u8),
}

#[derive(Clone, Debug)]
enum Word {
    Drop(u8),
    Replace(u8, u8),
    Mute(u8),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let (provider, token, user, place) = (0..2u8, 0..3u8, 0..3u8, 0..4usize);
    let word = prop_oneof![
        (0..60u8).prop_map(Word::Drop),
        (token.clone(), 0..60u8).prop_map(|(token, at)| Word::Replace(token, at)),
        (0..60u8).prop_map(Word::Mute),
    ];
    let channels = proptest::collection::btree_map(provider.clone(), token.clone(), 1..3);
    let register = (
        proptest::option::of(place.clone()),
        channels.prop_map(|channels| channels.into_iter().collect()),
        proptest::option::of(0..3u8),
    );
    let change = prop_oneof![
        5 => register.prop_map(|(place, channels, tag)| Change::Register(place, channels, tag)),
        2 => (place.clone(), provider.clone(), token.clone())
            .prop_map(|(place, provider, token)| Change::Rotate(place, provider, token)),
        1 => (place.clone(), 0..3u8, any::<bool>())
            .prop_map(|(place, tag, add)| Change::Tag(place, tag, add)),
        3 => (place.clone(), user.clone()).prop_map(|(place, user)| Change::Bind(place, user)),
        1 => (place.clone(), proptest::option::of(user.clone()))
            .prop_map(|(place, user)| Change::Unbind(place, user)),
        1 => (user, place.clone()).prop_map(|(user, place)| Change::UnbindAll(user, place)),
        1 => place.prop_map(Change::Unregister),
        8 => (provider, token, word)
            .prop_map(|(provider, token, word)| Change::Verdict(provider, token, word)),
        1 => (0..60u8).prop_map(Change::Purge),
    ];
    proptest::collection::vec(change, 1..60)
}

pub async fn every_sequence_of_changes_ends_as_in_the_model<F>(empty: impl Fn() -> F)
where
    F: Future<Output = Arc<dyn Registry>>,
{
    let mut runner = TestRunner::deterministic();
    for _ in 0..SEQUENCES {
        let mut tree = changes().new_tree(&mut runner).unwrap();
        if fails(&empty().await, tree.current()).await {
            // The shortest sequence that still fails is the one to look at.
            while tree.simplify() {
                if !fails(&empty().await, tree.current()).await && !tree.complicate() {
                    break;
                }
            }
            let changes = tree.current();
            println!("{changes:#?}");
            run(&empty().await, changes).await;
        }
    }
}

async fn fails(store: &Arc<dyn Registry>, changes: Vec<Change>) -> bool {
    let run = AssertUnwindSafe(run(store, changes));
    run.catch_unwind().await.is_err()
}

async fn run(store: &Arc<dyn Registry>, changes: Vec<Change>) {
    let mut model = Model::default();
    for (step, change) in (0..).zip(changes) {
        make(store, &mut model, change, step).await;
        let mut expected = model.0.clone();
        expected.sort_unstable_by_key(|device| device.id);
        assert_eq!(all(store, &DeviceQuery::All, 3).await, expected);
        for user in (0..3).map(user) {
            let query = DeviceQuery::User(user.clone());
            let mut theirs = expected.clone();
            theirs.retain(|device| device.user.as_ref() == Some(&user));
            assert_eq!(all(store, &query, 2).await, theirs);
        }
    }
}

fn provider(number: u8) -> ProviderId {
    format!("p{number}").into()
}

fn token(number: u8) -> Token {
    format!("t{number}").into()
}

fn user(number: u8) -> UserId {
    format!("u{number}").into()
}

fn tag(number: u8) -> String {
    format!("tag{number}")
}

async fn make(store: &Arc<dyn Registry>, model: &mut Model, change: Change, step: u64) {
    let now = at(step);
    let there = |place: usize| -> Option<PushId> {
        let count = model.0.len();
        (count > 0).then(|| model.0[place % count].id)
    };
    match change {
        Change::Register(place, channels, label) => {
            let mut registration = Registration::new(Platform::default());
            registration.id = place.and_then(there);
            for (number, text) in channels {
                registration = registration.channel(provider(number), token(text));
            }
            if let Some(label) = label {
                registration = registration.tag(tag(label));
            }
            let id = store.register(registration.clone(), now).await.unwrap();
            model.register(registration, id, now);
        }
        Change::Rotate(place, number, text) => {
            let Some(id) = there(place) else { return };
            let (provider, token) = (provider(number), token(text));
            store.rotate(id, &provider, &token, now).await.unwrap();
            model.rotate(id, &provider, &token, now);
        }
        Change::Tag(place, label, add) => {
            let Some(id) = there(place) else { return };
            let update = DeviceUpdate::default();
            let update = if add {
                update.add_tag(tag(label))
            } else {
                update.remove_tag(tag(label))
            };
            store.update(id, &update).await.unwrap();
            model.update(id, &update);
        }
        Change::Bind(place, number) => {
            let Some(id) = there(place) else { return };
            let before = store.bind(id, &user(number)).await.unwrap();
            assert_eq!(before, model.get(id).user.replace(user(number)));
        }
        Change::Unbind(place, number) => {
            let Some(id) = there(place) else { return };
            let whose = number.map(user);
            let was = store.unbind(id, whose.as_ref()).await.unwrap();
            assert_eq!(was, model.unbind(id, whose.as_ref()));
        }
        Change::UnbindAll(number, place) => {
            let (user, spared) = (user(number), there(place));
            let mut out = store.unbind_all(&user, spared).await.unwrap();
            out.sort_unstable();
            let mut expected = Vec::new();
            for device in &mut model.0 {
                if device.user.as_ref() == Some(&user) && Some(device.id) != spared {
                    device.user = None;
                    expected.push(device.id);
                }
            }
            expected.sort_unstable();
            assert_eq!(out, expected);
        }
        Change::Unregister(place) => {
            let Some(id) = there(place) else { return };
            assert!(store.unregister(id).await.unwrap());
            model.0.retain(|device| device.id != id);
        }
        Change::Verdict(number, text, word) => {
            let verdict = match word {
                Word::Drop(secs) => TokenVerdict::Drop {
                    since: at(secs.into()),
                },
                Word::Replace(text, secs) => TokenVerdict::Replace {
                    token: token(text),
                    at: at(secs.into()),
                },
                Word::Mute(secs) => TokenVerdict::Mute {
                    until: at(secs.into()),
                },
            };
            let change = TokenChange::new(provider(number), token(text), verdict);
            let changed = store.apply(std::slice::from_ref(&change)).await.unwrap();
            assert_eq!(changed, [model.apply(&change)]);
        }
        Change::Purge(secs) => {
            let before = at(secs.into());
            let gone = store.purge(before, limit(100)).await.unwrap();
            assert_eq!(gone, model.purge(before));
        }
    }
}
