//! Pooled HTTP/2, after `reference/apns.md` §5.3 and §5.4.

mod backoff;
mod connection;
mod exchange;
mod failure;
mod gather;
mod idle;
mod lease;
mod ledger;
mod options;
mod origin;
mod ping;
mod slots;
mod tasks;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use http::Uri;
use http::uri::Scheme;
use zpns_core::resources::{
    HttpClient, HttpError, HttpOptions, HttpRequest, HttpResponse, MakeRequest, Random,
};

use self::exchange::{Opened, Progress, exchange, open};
use self::failure::Failure;
pub use self::options::PoolOptions;
use self::origin::{Origin, Settings};
use crate::dial::Dialer;
use crate::names::Names;
use crate::under_way::UnderWay;
use crate::{errors, time};

/// What closing may take beyond the grace: saying goodbye to the servers.
const FAREWELL: Duration = Duration::from_secs(1);

/// A client over pooled HTTP/2 connections.
#[derive(Debug)]
pub(crate) struct Pool {
    settings: Arc<Settings>,
    /// Few, most often one: searched in order.
    origins: ArcSwap<Vec<Arc<Origin>>>,
    under_way: UnderWay,
}

impl Pool {
    pub(crate) fn new(
        http: &HttpOptions,
        names: Names,
        options: PoolOptions,
        random: Arc<dyn Random>,
    ) -> Result<Self, HttpError> {
        Ok(Self {
            settings: Arc::new(Settings {
                dialer: Dialer::new(http, names)?,
                options,
                random,
                max_connections: http.max_connections,
                max_body: http.max_response_body,
            }),
            origins: ArcSwap::default(),
            under_way: UnderWay::new(),
        })
    }

    fn origin(&self, uri: &Uri) -> Result<Arc<Origin>, HttpError> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(errors::invalid("the request's URI is not absolute"));
        };
        if *scheme != Scheme::HTTPS {
            return Err(errors::invalid("the request's URI is not https"));
        }
        let find = |origins: &[Arc<Origin>]| {
            origins
                .iter()
                .find(|origin| origin.authority() == authority)
                .cloned()
        };
        if let Some(origin) = find(&self.origins.load()) {
            return Ok(origin);
        }
        let made = Origin::new(authority.clone(), Arc::clone(&self.settings));
        self.origins.rcu(|origins| {
            let mut origins = Vec::clone(origins);
            if find(&origins).is_none() {
                origins.push(Arc::clone(&made));
            }
            origins
        });
        // Another request may have been first; what stands in the list counts.
        Ok(find(&self.origins.load()).unwrap_or(made))
    }
}

/// A request's origin and time-out, and what came of opening it if there was a connection for it.
type Begun = (Arc<Origin>, Duration, Option<Result<Opened, Failure>>);

impl Pool {
    /// Hands the request over before anything is awaited, so that no future has to keep it. One
    /// that waits for its turn is made anew then.
    fn begin(&self, make: MakeRequest<'_>, progress: &Progress) -> Result<Begun, HttpError> {
        let request = make()?;
        let origin = self.origin(&request.uri)?;
        let timeout = request.timeout;
        let opened = origin.take().map(|lease| open(lease, request, progress));
        Ok((origin, timeout, opened))
    }
}

#[async_trait]
impl HttpClient for Pool {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.send_made(&|| Ok(request.clone())).await
    }

    async fn send_made(&self, make: MakeRequest<'_>) -> Result<HttpResponse, HttpError> {
        let _entered = self.under_way.enter()?;
        let progress = Progress::default();
        let (origin, timeout, mut opened) = self.begin(make, &progress)?;
        // Pinned here, because the time-out would move it about.
        let exchange = std::pin::pin!(exchange(&origin, make, &mut opened, &progress));
        time::within(timeout, exchange)
            .await
            .unwrap_or_else(|| Err(errors::timeout(progress.time_out(&origin), timeout)))
    }

    fn renew_connections(&self) {
        for origin in self.origins.load().iter() {
            origin.renew();
        }
    }

    async fn close(&self, grace: Duration) {
        self.under_way.drain(grace).await;
        let origins = self.origins.load_full();
        let farewells = origins.iter().map(|origin| origin.close(FAREWELL));
        futures_util::future::join_all(farewells).await;
    }
}
