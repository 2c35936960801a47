//! A search finds what an expression means: random expressions over devices that have nearly
//! everything in common.

use std::future::Future;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::registry::{all, at};
use crate::provider::Environment;
use crate::service::{
    AttributeValue, Comparison, DeviceQuery, Expression, Platform, Property, Registration, Registry,
};

/// How many expressions are tried.
const EXPRESSIONS: usize = 256;

const TAGS: [&str; 4] = ["vip", "cn", "Äpfel", "it's"];
const NAMES: [&str; 2] = ["age", "city"];

fn value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        any::<bool>().prop_map(AttributeValue::Bool),
        proptest::sample::select(vec![-1.5, 0.0, 30.0, 1e300]).prop_map(AttributeValue::Number),
        proptest::sample::select(vec!["", "30", "Bern", "bern", "Ä", "z"])
            .prop_map(AttributeValue::from),
    ]
}

fn expressions() -> impl Strategy<Value = Expression> {
    let comparison = || proptest::sample::select(Comparison::ALL.to_vec());
    let property = proptest::sample::select(Property::ALL.to_vec());
    let texts = vec!["android", "ios", "sandbox", "production", "de", "fcm", "x"];
    let not_a_number = Just(AttributeValue::Number(f64::NAN));
    let leaf = prop_oneof![
        proptest::sample::select(TAGS.to_vec()).prop_map(|tag| Expression::Tag(tag.into())),
        (
            proptest::sample::select(NAMES.to_vec()),
            comparison(),
            prop_oneof![9 => value(), 1 => not_a_number],
        )
            .prop_map(|(name, comparison, value)| {
                Expression::Attribute(name.into(), comparison, value)
            }),
        (property, comparison(), proptest::sample::select(texts)).prop_map(
            |(property, comparison, text)| Expression::Property(property, comparison, text.into())
        ),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let parts = proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
            parts.clone().prop_map(Expression::All),
            parts.prop_map(Expression::Any),
        ]
    })
}

fn registrations() -> impl Strategy<Value = Vec<Registration>> {
    let tags = proptest::sample::subsequence(TAGS.to_vec(), 0..=TAGS.len());
    let attributes = proptest::collection::btree_map(
        proptest::sample::select(NAMES.to_vec()),
        value(),
        0..=NAMES.len(),
    );
    let platform = proptest::sample::select(vec![Platform::Android, Platform::Ios]);
    let environment = proptest::sample::select(vec![Environment::Production, Environment::Sandbox]);
    let locale = proptest::option::of(proptest::sample::select(vec!["de", "fr"]));
    let provider = proptest::sample::select(vec!["fcm", "apns"]);
    let one = (tags, attributes, platform, environment, locale, provider).prop_map(
        |(tags, attributes, platform, environment, locale, provider)| {
            // The token is made unique where it is registered.
            let mut app = Registration::new(platform).channel(provider, "token");
            app = app.in_environment(environment);
            app = tags.into_iter().fold(app, Registration::tag);
            app.attributes = (!attributes.is_empty()).then(|| {
                let attributes = attributes.into_iter();
                attributes
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            });
            app.locale = locale.map(str::to_owned);
            app
        },
    );
    proptest::collection::vec(one, 40)
}

pub async fn a_search_finds_what_any_expression_means<F>(empty: impl Fn() -> F)
where
    F: Future<Output = Arc<dyn Registry>>,
{
    let mut runner = TestRunner::deterministic();
    let store = empty().await;
    let apps = registrations().new_tree(&mut runner).unwrap().current();
    for (number, mut app) in apps.into_iter().enumerate() {
        app.channels[0].1 = format!("token-{number}").into();
        store.register(app, at(0)).await.unwrap();
    }
    let devices = all(&store, &DeviceQuery::All, 100).await;
    for _ in 0..EXPRESSIONS {
        let expression = expressions().new_tree(&mut runner).unwrap().current();
        let mut expected = devices.clone();
        expected.retain(|device| expression.matches(device));
        let query = DeviceQuery::Matching(Arc::new(expression.clone()));
        let found = all(&store, &query, 7).await;
        assert_eq!(found, expected, "{expression}");
    }
}
