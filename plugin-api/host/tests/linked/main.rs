//! A provider in Rust, directly and as a plugin that is linked in: nobody can tell the difference.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod echo;

use std::sync::Arc;
use std::time::Duration;

use zpns_core::config::VendorConfig;
use zpns_core::resources::ManualClock;
use zpns_core::{
    Batch, Clock, ErrorKind, LimitPolicy, Notification, Outcome, PushProvider, Report, Resources,
    Sent, Setup, Target, Timestamp, Token, Variant,
};
use zpns_plugin_host::{Calls, Linked, LoadErrorKind, PluginOptions, load_linked};

use crate::echo::{EchoConfig, Network};

mod hosted {
    zpns_plugin_api::export_provider!(
        static_name: plugin,
        crate::echo::EchoConfig,
        zpns_plugin_api::Manifest::new("com.example.echo.hosted")
            .with_secrets(&["/key"])
            .with_runtime(zpns_plugin_api::Runtime::Host),
    );
}

mod own {
    zpns_plugin_api::export_provider!(
        static_name: plugin,
        crate::echo::EchoConfig,
        zpns_plugin_api::Manifest::new("com.example.echo.own").with_secrets(&["/key"]),
    );
}

/// The plugins, by how they run.
const PLUGINS: [fn() -> Linked; 2] = [hosted::plugin, own::plugin];

struct World {
    clock: Arc<ManualClock>,
    resources: Resources,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_000)));
        let resources =
            Resources::new(Arc::new(Network)).with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
        Self { clock, resources }
    }

    fn setup(&self) -> Setup {
        Setup::new("echo", self.resources.clone())
    }

    fn direct(&self) -> Arc<dyn PushProvider> {
        EchoConfig {
            key: "hunter2".into(),
        }
        .build(self.setup())
        .unwrap()
    }

    fn linked(&self, plugin: Linked, calls: Calls) -> Arc<dyn PushProvider> {
        let plugin = load_linked(plugin).unwrap();
        let mut options = PluginOptions::default();
        options.calls = calls;
        let config = serde_json::json!({"key": "hunter2"});
        plugin.provider(&config, self.setup(), options).unwrap()
    }

    fn every_way(&self) -> Vec<Arc<dyn PushProvider>> {
        let ways = [Calls::OwnThread, Calls::CallersThread];
        let linked = PLUGINS
            .into_iter()
            .flat_map(|plugin| ways.map(|calls| self.linked(plugin(), calls)));
        linked.collect()
    }
}

fn batch(provider: &dyn PushProvider, body: &str, tokens: &[&str]) -> Batch {
    let message = Notification::alert("T", body);
    let capability = provider.capability();
    let variant = Variant::new(&message, &capability, None, LimitPolicy::Truncate).unwrap();
    let targets = tokens.iter().map(|token| Target::new("echo", *token));
    Batch::new(Arc::new(variant), targets.collect())
}

async fn report(provider: &dyn PushProvider, body: &str) -> Report {
    let tokens = ["good", "dead", "mute", "busy", "\"odd\"\n", "good"];
    provider.send(&batch(provider, body, &tokens)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_it_is_and_what_it_can_do_come_across() {
    let world = World::new();
    let direct = world.direct();
    for linked in world.every_way() {
        assert_eq!(linked.info(), direct.info());
        assert_eq!(linked.capability(), direct.capability());
        assert_eq!(linked.expiries(), direct.expiries());
        assert_eq!(linked.check().await, direct.check().await);
        for token in ["a", "b", ""].map(Token::from) {
            assert_eq!(linked.partition(&token), direct.partition(&token));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_the_same_directly_and_through_the_boundary() {
    let world = World::new();
    let direct = world.direct();
    for body in ["plain", "http", "a body that is too long for this vendor"] {
        let expected = report(&*direct, body).await;
        assert_eq!(expected.accepted(), 2, "{expected:?}");
        for linked in world.every_way() {
            assert_eq!(report(&*linked, body).await, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_send_costs_that_batch_only() {
    for linked in World::new().every_way() {
        let outcomes = report(&*linked, "panic").await.into_outcomes();
        let unknown = |outcome: &Outcome| matches!(outcome, Outcome::Failed(error) if error.kind() == ErrorKind::Protocol && error.sent() == Sent::Maybe);
        assert!(outcomes.iter().all(unknown), "{outcomes:?}");
        assert_eq!(report(&*linked, "plain").await.accepted(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_end_each_for_itself() {
    let world = World::new();
    for linked in world.every_way() {
        let sends = (0..200).map(|number| {
            let linked = Arc::clone(&linked);
            tokio::spawn(async move {
                let tokens = vec!["good"; number % 7 + 1];
                let body = if number % 2 == 0 { "plain" } else { "http" };
                let batch = batch(&*linked, body, &tokens);
                (tokens.len(), linked.send(&batch).await.accepted())
            })
        });
        for (targets, accepted) in futures_util::future::try_join_all(sends).await.unwrap() {
            assert_eq!(targets, accepted);
        }
    }
}

#[tokio::test]
async fn the_clock_that_a_provider_waits_on_is_the_hosts() {
    for plugin in PLUGINS {
        let world = World::new();
        let linked = world.linked(plugin(), Calls::OwnThread);
        let sending = tokio::spawn(async move { report(&*linked, "slow").await });
        // Beside the host's deadline, the provider's own second is waited for.
        let second = Duration::from_secs(1);
        while world.clock.next_wake().is_none_or(|wake| wake > second) {
            tokio::task::yield_now().await;
        }
        world.clock.advance(second);
        assert_eq!(sending.await.unwrap().accepted(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_reaches_the_provider_and_later_sends_are_refused() {
    for linked in World::new().every_way() {
        assert_eq!(report(&*linked, "plain").await.accepted(), 2);
        linked.shutdown(Duration::from_secs(1)).await;
        let report = report(&*linked, "plain").await;
        assert_eq!(report.of_kind(ErrorKind::Cancelled), report.len());
    }
}

#[test]
fn a_config_that_does_not_fit_is_told_by_key() {
    for plugin in PLUGINS {
        let plugin = load_linked(plugin()).unwrap();
        assert_eq!(plugin.descriptor().provider, "echo");
        let config = serde_json::json!({"kei": "hunter2"});
        let setup = World::new().setup();
        let error = plugin
            .provider(&config, setup, PluginOptions::default())
            .unwrap_err();
        assert_eq!(error.kind(), LoadErrorKind::Create);
        assert!(error.to_string().contains("kei"), "{error}");
    }
}
