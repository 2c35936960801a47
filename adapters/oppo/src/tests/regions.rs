//! China and the rest.

use std::collections::BTreeSet;
use std::sync::Arc;

use zpns_core::resources::HttpRequest;
use zpns_core::{
    ErrorKind, Outcome, PushProvider as _, Resources, Router, Secret, Target, Token, TokenAction,
};

use super::oppo::*;
use crate::{OppoConfig, Region};

const CHINA: &str = "api-push-cn.heytapmobi.com";
const OVERSEAS: &str = "api-intl.push.oppomobile.com";

fn id(region: &str, number: usize) -> String {
    format!("{region}{number:032x}")
}

fn host(request: &HttpRequest) -> &str {
    request.uri.host().unwrap()
}

#[tokio::test]
async fn a_mixed_batch_goes_to_both_clouds_and_comes_back_in_order() {
    let vendor = oppo(|_, request| {
        let is_batch = request.uri.path().ends_with(UNICAST_BATCH);
        let code = |token: &str| token.ends_with('4').then_some(10_000);
        is_batch.then(|| good(listed(request, code)))
    });
    let regions = ["CN_", "IN_", "", "OPPO_CN_", "OPPO_IN_", "EUEX_"];
    let tokens: Vec<String> = (0..12)
        .map(|number| id(regions[number % 6], number))
        .collect();
    let report = provider(&vendor)
        .send(&batch_of(&chat(), &as_strs(&tokens)))
        .await;
    for (token, outcome) in tokens.iter().zip(report.outcomes()) {
        match token.ends_with('4') {
            true => assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid)),
            false => assert_eq!(*outcome, Outcome::accepted(format!("m-{token}"))),
        }
    }
    for (cloud, region) in [(CHINA, Region::China), (OVERSEAS, Region::Overseas)] {
        let requests = vendor.requests().into_iter();
        let requests: Vec<_> = requests.filter(|request| host(request) == cloud).collect();
        assert_eq!(requests.len(), 2, "a log-in and a batch at {cloud}");
        let sent = targets(&requests[1]);
        let of_region = |token: &&String| Region::of(token) == region;
        assert_eq!(
            sent,
            tokens.iter().filter(of_region).cloned().collect::<Vec<_>>()
        );
    }
    let granted = vendor.requests_to(UNICAST_BATCH);
    let granted: BTreeSet<_> = granted.iter().map(|r| value(r, "auth_token")).collect();
    assert_eq!(granted.len(), 2, "each with a token of its own");
}

#[tokio::test]
async fn a_router_fills_the_batches_of_each_region_to_the_limit() {
    let vendor = content();
    let oppo = Arc::new(provider(&vendor));
    let resources =
        Resources::new(vendor.setup("phones").resources.http).with_clock(vendor.clock.clone());
    let router = Router::builder(resources).provider(oppo).build();
    let region = |number: usize| {
        if number.is_multiple_of(3) {
            "IN_"
        } else {
            "CN_"
        }
    };
    let tokens: Vec<String> = (0..3_300)
        .map(|number| id(region(number), number))
        .collect();
    let targets_of = tokens
        .iter()
        .map(|token| Target::new("phones", token.as_str()));
    let report = router.send(&chat(), targets_of).await;
    for (token, outcome) in tokens.iter().zip(report.outcomes()) {
        let wanted = match outcome {
            // A target that was left over went out by itself.
            Outcome::Accepted(accepted) => accepted.vendor_id.clone().unwrap(),
            other => panic!("{other:?}"),
        };
        assert_eq!(wanted, format!("m-{token}"));
    }
    for (cloud, sizes) in [
        (CHINA, vec![200, 1_000, 1_000]),
        (OVERSEAS, vec![100, 1_000]),
    ] {
        let requests = vendor.requests_to(UNICAST_BATCH).into_iter();
        let requests = requests.filter(|request| host(request) == cloud);
        let mut got: Vec<usize> = requests.map(|request| targets(&request).len()).collect();
        got.sort_unstable();
        assert_eq!(got, sizes, "{cloud}");
    }
}

#[tokio::test]
async fn a_message_is_saved_in_each_region_by_itself() {
    let vendor = content();
    let provider = provider(&vendor);
    let tokens = [id("CN_", 1), id("CN_", 2), id("IN_", 3), id("IN_", 4)];
    let batch = batch_of(&news(), &as_strs(&tokens));
    for _ in 0..2 {
        assert_eq!(provider.send(&batch).await.accepted(), 4);
    }
    let saved = vendor.requests_to(SAVE);
    let hosts: BTreeSet<_> = saved.iter().map(host).collect();
    assert_eq!((saved.len(), hosts.len()), (2, 2));
    let broadcasts = vendor.requests_to(BROADCAST);
    assert_eq!(broadcasts.len(), 4);
    let of_host = |cloud: &'static str| {
        let requests = broadcasts
            .iter()
            .filter(move |request| host(request) == cloud);
        requests
            .map(|request| value(request, "message_id"))
            .collect::<BTreeSet<_>>()
    };
    assert!(of_host(CHINA).is_disjoint(&of_host(OVERSEAS)));
}

#[tokio::test]
async fn a_provider_of_one_region_keeps_the_tokens_of_the_other() {
    for (own, cloud, other) in [
        (Region::China, CHINA, id("IN_", 1)),
        (Region::Overseas, OVERSEAS, id("CN_", 1)),
    ] {
        let vendor = content();
        let config = OppoConfig::new(APP_KEY, Secret::new(SECRET)).with_region(own);
        let provider = config.open(vendor.setup("phones")).unwrap();
        let mine = match own {
            Region::China => id("", 2),
            _ => id("SG_", 2),
        };
        let report = provider.send(&batch_of(&chat(), &[&other, &mine])).await;
        let Outcome::Rejected(refused) = &report.outcomes()[0] else {
            panic!()
        };
        assert_eq!(refused.kind, ErrorKind::TokenMismatch);
        assert_eq!(refused.token, TokenAction::Keep);
        assert!(report.outcomes()[1].is_accepted());
        assert_eq!(paths(&vendor), ["auth", "unicast"]);
        assert!(
            vendor
                .requests()
                .iter()
                .all(|request| host(request) == cloud)
        );
        provider.check().await.unwrap();
        assert_eq!(
            host(&vendor.requests()[2]),
            cloud,
            "and a check asks its own cloud"
        );
    }
}

#[test]
fn a_partition_is_a_region() {
    let provider = provider(&content());
    let partition = |text: &str| provider.partition(&Token::from(text));
    assert_eq!(partition("CN_1"), partition("1"));
    assert_ne!(partition("CN_1"), partition("IN_1"));
}
