//! What a config file's errors say.

use super::*;

fn error(text: &str) -> String {
    let error = Config::parse(text, "push.toml").and_then(|config| config.router());
    error
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[test]
fn every_error_is_one_line_that_names_file_table_and_key() {
    let apns = "[providers.ios]\nvendor = \"apns\"\n";
    let cases = [
        ("[providers.ios]\n", "[providers.ios]: `vendor` is missing"),
        (
            "[providers.ios]\nvendor = \"nokia\"\n",
            "[providers.ios]: `vendor` `nokia` is not known; this build has: apns, fcm",
        ),
        (
            "[provider.ios]\n",
            "unknown table `provider`; there are `providers`, `strategies`, `store`, `presence`",
        ),
        (
            "[providers]\nios = 3\n",
            "[providers]: `ios` must be a table",
        ),
        ("[providers.ios\n", "line 1:"),
        (
            "[strategies.sync]\nloud = true\n",
            "[strategies.sync]: unknown field `loud`",
        ),
        (
            "[providers.ios]\nvendor = \"${ZPNS_TEST_UNSET}\"\n",
            "[providers.ios]: `vendor`: the environment variable `ZPNS_TEST_UNSET` is not set",
        ),
    ];
    for (text, expected) in cases {
        let line = error(text);
        assert!(line.starts_with("push.toml: "), "{line}");
        assert!(line.contains(expected), "{line}\nlacks: {expected}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
    let keys = [
        (
            "timeout_ms = \"soon\"",
            "[providers.ios]: `timeout_ms` `soon` is not such a number",
        ),
        ("timeout_ms = 0", "[providers.ios]: `timeout_ms`"),
        ("rate_per_second = -1", "[providers.ios]: `rate_per_second`"),
        ("max_in_flight = 0", "[providers.ios]: `max_in_flight`"),
        (
            "ca_path = \"no-such.pem\"",
            "[providers.ios]: `ca_path` `no-such.pem` cannot be read",
        ),
        ("colour = 1", "[providers.ios]: unknown field `colour`"),
        (
            "environment = \"moon\"",
            "[providers.ios]: `environment` unknown variant `moon`",
        ),
    ];
    for (key, expected) in keys {
        let line = error(&format!("{apns}{key}\n"));
        assert!(line.contains(expected), "{line}\nlacks: {expected}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn shared_keys_reach_connection_and_delivery() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), "root").unwrap();
    let text = r#"
        [providers.android]
        vendor = "fcm"
        ca_path = "ca.pem"
        timeout_ms = "2500"
        rate_per_second = 7
        max_in_flight = 3
    "#;
    let config = Config::parse(text, folder.path().join("push.toml")).unwrap();
    let section = &config.providers[0];
    assert_eq!(section.vendor(), "fcm");
    let shown = format!("{section:?}");
    assert!(shown.contains("timeout: 2.5s"), "{shown}");
    assert_eq!(section.delivery.rate_per_second.map(u32::from), Some(7));
    assert_eq!(section.delivery.max_in_flight.map(usize::from), Some(3));
}

#[test]
fn delivery_has_a_table_of_its_own_and_its_errors_name_the_key() {
    let apns = "[providers.ios]\nvendor = \"apns\"\nrate_per_second = 7\n";
    let text = format!(
        "{apns}[providers.ios.delivery.guard]\nshare = \"0.5\"\nat_least = 9\nwindow_ms = 1000\n\
         [providers.ios.delivery.preflight]\ncall_without_ttl = \"error\"\n"
    );
    let config = Config::parse(&text, "push.toml").unwrap();
    let delivery = &config.providers[0].delivery;
    assert_eq!(delivery.rate_per_second.map(u32::from), Some(7));
    let guard = &delivery.guard;
    assert_eq!((guard.share, guard.at_least), (0.5, 9));
    assert_eq!(guard.window, std::time::Duration::from_secs(1));
    let rule = &zpns_core::preflight::COMMON[0];
    let severity = delivery.preflight.severity(rule);
    assert_eq!(severity, zpns_core::preflight::Severity::Error);

    let cases = [
        (
            "delivery = 3",
            "[providers.ios]: `delivery` must be a table",
        ),
        (
            "delivery.gaurd.share = 1",
            "[providers.ios.delivery]: unknown field `gaurd`",
        ),
        (
            "delivery.guard.share = 1.5",
            "[providers.ios.delivery.guard]: `share` `1.5` is not a share",
        ),
        (
            "delivery.guard.at_least = -1",
            "[providers.ios.delivery.guard]: `at_least`",
        ),
        ("delivery.guard.shares = 1", "unknown field `shares`"),
        (
            "delivery.preflight.call_without_ttl = \"loud\"",
            "[providers.ios.delivery.preflight]: `call_without_ttl` unknown variant `loud`",
        ),
        (
            "delivery.retries.attempts = 0",
            "[providers.ios.delivery.retries]: `attempts`",
        ),
        (
            "delivery.breaker.pause_ms = \"soon\"",
            "[providers.ios.delivery.breaker]: `pause_ms`",
        ),
        (
            "delivery.rate.unit = \"bytes\"",
            "[providers.ios.delivery.rate]: `unit` unknown variant `bytes`",
        ),
        (
            "delivery.quota.marketing_per_device = -1",
            "[providers.ios.delivery.quota]: `marketing_per_device`",
        ),
    ];
    for (key, expected) in cases {
        let line = error(&format!("{apns}{key}\n"));
        assert!(line.contains(expected), "{line}\nlacks: {expected}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn a_preflight_rule_that_the_vendor_does_not_have_is_an_error_that_lists_them() {
    let meizu = "[providers.m]\nvendor = \"meizu\"\napp_id = 1\napp_secret = \"s3cr3t\"\n";
    let with = |rule: &str| {
        error(&format!(
            "{meizu}[providers.m.delivery.preflight]\n{rule}\n"
        ))
    };
    assert_eq!(with("\"meizu.category_missing\" = \"off\""), "");
    let line = with("\"oppo.channel_missing\" = \"off\"");
    assert!(
        line.contains("[providers.m]: `delivery.preflight` has no rule `oppo.channel_missing`")
    );
    assert!(
        line.contains("call_without_ttl") && line.contains("meizu.category_missing"),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[test]
fn debug_of_a_config_shows_no_secret() {
    let text = r#"
        [providers.ios]
        vendor = "apns"
        proxy = "http://user:hunter2@proxy"
        key_pem = "hunter2"
    "#;
    let config = Config::parse(text, "push.toml").unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_strategy_of_the_file_holds_for_all_vendors_or_for_one() {
    let text = r#"
        [strategies.chat]
        sound = { named = "ding.caf" }
        ttl_ms = 60000

        [strategies.chat.vendors.apns]
        silent = true

        [strategies.chat.vendors.oppo]
        options = { notify_level = 16 }
    "#;
    let config = Config::parse(text, "push.toml").unwrap();
    let strategy = zpns_core::service::find_strategy(&config.strategies, "chat").unwrap();
    let message = zpns_core::Notification::alert("T", "B");
    let applied = |vendor| {
        let vendor = zpns_core::Vendor::new(vendor);
        strategy.applied(&message, &vendor).unwrap()
    };
    assert_eq!(applied("apns").kind, zpns_core::Kind::Silent);
    let oppo = applied("oppo");
    assert_eq!(oppo.kind, zpns_core::Kind::Alert);
    assert_eq!(oppo.ttl, Some(std::time::Duration::from_secs(60)));
    assert_eq!(oppo.vendor.vendors().collect::<Vec<_>>(), ["oppo"]);
    let error = error("[strategies.a.vendors.apns]\nslient = true\n");
    assert!(
        error.contains("[strategies.a]: vendors: unknown field `slient`"),
        "{error}"
    );
}

#[cfg(not(feature = "plugins"))]
#[test]
fn a_build_without_plugins_says_how_to_get_them() {
    let line = error("[providers.cars]\nvendor = \"plugin\"\npath = \"libcars.so\"\n");
    assert!(line.contains("[providers.cars]: `vendor`"), "{line}");
    assert!(line.contains("the feature `plugins`"), "{line}");
}

#[cfg(feature = "plugins")]
#[test]
fn a_plugin_that_is_not_there_is_an_error_that_names_its_key_and_its_path() {
    let line = error("[providers.cars]\nvendor = \"plugin\"\npath = \"libcars.so\"\n");
    assert!(line.contains("[providers.cars]: `path`"), "{line}");
    // Never a bare name, which the linker would look for by itself.
    let folder = std::env::current_dir().unwrap();
    let path = folder.join("libcars.so");
    assert!(line.contains(&path.display().to_string()), "{line}");
}

#[test]
fn a_store_and_a_presence_are_tables_whose_errors_name_the_key() {
    let cases = [
        ("store = 3", "`store` must be a table"),
        ("[store]", "[store]: `url` is missing"),
        ("[store]\nurl = 3", "[store]: `url`"),
        (
            "[store]\nurl = \"sqlite:a\"\nsize = 3",
            "[store]: unknown field `size`; there are `url`, `connections`",
        ),
        (
            "[store]\nurl = \"sqlite:a\"\nconnections = 0",
            "[store]: `connections`",
        ),
        ("[presence]\npolicy = \"never\"", "[presence]: `policy`"),
        (
            "[presence]\nhost = \"a\"",
            "[presence]: unknown field `host`; there are `url`, `prefix`, `policy`",
        ),
    ];
    for (text, expected) in cases {
        let line = error(text);
        assert!(line.contains(expected), "{line}\nlacks: {expected}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

async fn open_error(text: &str) -> String {
    let config = Config::parse(text, "push.toml").unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let clock = Arc::new(SystemClock::new());
    let line = match config
        .service_builder(config.router().unwrap(), clock)
        .await
    {
        Ok(_) => panic!("opened: {text}"),
        Err(error) => error.to_string(),
    };
    assert!(line.starts_with("push.toml: "), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(!line.contains("hunter2"), "{line}");
    line
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_is_one_line_without_its_url() {
    let line = open_error("").await;
    assert!(line.contains("[store]: `url` is missing"), "{line}");
    let line = open_error("[store]\nurl = \"mysql://hunter2@a/b\"").await;
    assert!(
        line.contains("[store]: `url` must begin with `sqlite:`"),
        "{line}"
    );
    let line = open_error("[store]\nurl = \"sqlite:/no/such/folder/hunter2.db\"").await;
    assert!(line.contains("[store]: `url`"), "{line}");
    let closed = "postgres://zpns:hunter2@127.0.0.1:1/zpns";
    let line = open_error(&format!("[store]\nurl = \"{closed}\"")).await;
    assert!(line.contains("[store]: `url`"), "{line}");
}

#[cfg(not(feature = "postgres"))]
#[tokio::test]
async fn a_build_without_an_engine_says_how_to_get_it() {
    let line = open_error("[store]\nurl = \"postgres://zpns@127.0.0.1/zpns\"").await;
    assert!(line.contains("the feature `postgres`"), "{line}");
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn the_service_of_a_file_keeps_its_devices_beside_the_file() {
    use zpns_core::service::{Platform, PresencePolicy, Registration};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("push.toml");
    let text = "[store]\nurl = \"sqlite:devices.db\"\n\
                [presence]\npolicy = \"unless_foreground\"\n[strategies.chat]\nchannel = \"chat\"";
    let config = Config::parse(text, &path).unwrap();
    assert_eq!(config.presence.policy, PresencePolicy::UnlessForeground);
    let service = config.service().await.unwrap();
    let app = Registration::new(Platform::Ios).channel("ios", "token");
    let now = zpns_core::Timestamp::from_secs(1);
    let id = service.registry().register(app, now).await.unwrap();
    service.badges().set(&"alice".into(), 3).await.unwrap();
    drop(service);
    assert!(folder.path().join("devices.db").exists());
    let again = config.open_store().await.unwrap();
    assert!(again.registry.device(id).await.unwrap().is_some());
    assert_eq!(again.badges.get(&"alice".into()).await.unwrap(), 3);
}

#[test]
fn providers_for_calls_alone_are_some_of_the_file() {
    let providers = "[providers.voip]\nvendor = \"apns\"\n";
    let with = |calls: &str| format!("{providers}[calls]\n{calls}\n");
    let config = Config::parse(&with("providers = [\"voip\"]"), "push.toml").unwrap();
    assert_eq!(config.call_providers, [ProviderId::from("voip")]);
    let rows = [
        (
            "providers = [\"ios\"]",
            "[calls]: `providers` names `ios`, which is no provider",
        ),
        ("providers = \"voip\"", "[calls]: `providers`"),
        ("ring_ms = 3", "[calls]: unknown field `ring_ms`"),
    ];
    for (calls, expected) in rows {
        let line = error(&with(calls));
        assert!(line.contains(expected), "{line}\nlacks: {expected}");
    }
}

#[cfg(feature = "outbox")]
#[test]
fn the_outbox_has_a_table_and_its_errors_name_the_key() {
    let text =
        "[outbox]\nurl = \"sqlite:jobs.db\"\njobs = \"7\"\nrounds = 0\nheartbeat_ms = 3000\n";
    let options = Config::parse(text, "push.toml").unwrap().work_options();
    assert_eq!((options.jobs.get(), options.rounds), (7, 0));
    assert_eq!(options.heartbeat, std::time::Duration::from_secs(3));
    let rows = [
        ("jobs = 7", "[outbox]: `url` is missing"),
        ("url = \"a\"\njobs = 0", "[outbox]: `jobs`"),
        ("url = \"a\"\nheartbeat_ms = 1500", "must be whole seconds"),
        ("url = \"a\"\nspeed = 1", "unknown field `speed`"),
    ];
    for (keys, expected) in rows {
        let line = error(&format!("[outbox]\n{keys}\n"));
        assert!(line.contains(expected), "{line}\nlacks: {expected}");
    }
}
