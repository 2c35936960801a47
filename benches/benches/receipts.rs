//! What a delivery receipt costs: to read it in its vendor's form, and to join it to its push.
//!
//! Bodies are as long as vendors make them: a hundred receipts each. `read` is from the bytes to
//! receipts in the words of all vendors; `joined` is that, and the milestones of each push and the
//! counts of its campaign in memory. One core, CPU time, the middle of five rounds.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and has nothing to measure without its set-up"
)]

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};
use zpns::receipt::{ReceiptReader, Receipts};
use zpns::resources::SystemClock;
use zpns::service::{MemoryMilestones, MemoryRegistry, PushId, PushRecord, PushService, Stage};
use zpns::{Clock, MessageId, Resources, Router, Secret};
use zpns_benches::null::NullConnector;
use zpns_benches::table::{Table, verdict};
use zpns_benches::usage::{cpu_time, pin_to_core};

/// Receipts a second on one core that the vendors with JSON are judged by.
const GOAL: f64 = 100_000.0;
/// Receipts of one body.
const EACH: usize = 100;
const BODIES: usize = 2_000;
/// The middle one counts.
const ROUNDS: usize = 5;
const KEY: &str = "access-token";
const PATH: &str = "/receipts/bench";

struct Form {
    name: &'static str,
    is_json: bool,
    reader: Arc<dyn ReceiptReader>,
    body: Vec<u8>,
}

fn token(number: usize) -> String {
    format!("CN_8fa0618f178145d8c2a44091a1326411{number:05}")
}

fn message(number: usize) -> String {
    format!("scm{number:05}b48614310935424ns")
}

fn each<T>(make: impl Fn(usize) -> T) -> impl Iterator<Item = T> {
    (0..EACH).map(make)
}

fn forms() -> Vec<Form> {
    let tag = MessageId::new().to_string();
    let first = |number: i64| {
        let status = |at| {
            json!({
                "biTag": tag, "appid": "7", "token": token(at), "status": number,
                "timestamp": 1_764_000_000_000_u64, "requestId": message(at),
            })
        };
        json!({ "statuses": each(status).collect::<Vec<_>>() }).to_string()
    };
    let second = |at| {
        json!({
            "token": token(at), "pushType": 0, "appPackageName": "com.example", "biTag": tag,
            "requestId": message(at),
            "deliveryStatus": {"result": 0, "timestamp": 1_764_000_000_000_u64},
        })
    };
    let second = json!({ "statuses": each(second).collect::<Vec<_>>() }).to_string();
    let oppo = |at| {
        json!({
            "messageId": message(at), "appId": "7", "taskId": message(at),
            "registrationIds": token(at), "eventTime": "1764000000000", "param": tag,
            "eventType": "push_arrive",
        })
    };
    let by_id = |make: &dyn Fn(usize) -> Value| {
        Value::Object(each(|at| (message(at), make(at))).collect::<Map<_, _>>()).to_string()
    };
    let vivo = |at| {
        json!({
            "targets": token(at), "param": tag, "ackTime": 1_764_000_000_000_u64, "ackType": "104",
            "subAckType": "2124",
        })
    };
    let xiaomi = |at| {
        json!({
            "param": tag, "type": 1, "targets": token(at), "jobkey": "j", "barStatus": "Enable",
            "timestamp": 1_764_000_000_000_u64,
        })
    };
    let xiaomi = form(&[("data", &by_id(&xiaomi))]);
    let meizu = |at| {
        let told = json!({"param": tag, "type": 1, "targets": [token(at)]});
        (format!("{}-1", message(at)), told)
    };
    let meizu = Value::Object(each(meizu).collect::<Map<_, _>>()).to_string();
    let meizu = form(&[("cb", &meizu), ("access_token", KEY)]);
    let row = |name, is_json, reader: Arc<dyn ReceiptReader>, body: Vec<u8>| Form {
        name,
        is_json,
        reader,
        body,
    };
    let huawei = || Arc::new(zpns::huawei::receipt::Reader::new());
    vec![
        row("Huawei v1", true, huawei(), first(0).into()),
        row("Huawei v2, HarmonyOS", true, huawei(), second.into()),
        row(
            "HONOR",
            true,
            Arc::new(zpns::honor::receipt::Reader::new("7")),
            first(40_000_002).into(),
        ),
        row(
            "OPPO",
            true,
            Arc::new(zpns::oppo::receipt::Reader),
            json!(each(oppo).collect::<Vec<_>>()).to_string().into(),
        ),
        row(
            "vivo",
            true,
            Arc::new(zpns::vivo::receipt::Reader),
            by_id(&vivo).into(),
        ),
        row(
            "Xiaomi (form)",
            false,
            Arc::new(zpns::xiaomi::receipt::Reader),
            xiaomi,
        ),
        row(
            "Meizu (form)",
            false,
            Arc::new(zpns::meizu::receipt::Reader::new(Secret::new(KEY))),
            meizu,
        ),
    ]
}

fn form(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish().into_bytes()
}

/// A service that knows the pushes of a form.
fn service(runtime: &Runtime) -> PushService {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let now = clock.now();
    let milestones = Arc::new(MemoryMilestones::new());
    let push = |at| {
        PushRecord::new(MessageId::new(), PushId::new(), "bench", token(at))
            .with_vendor_id(Arc::<str>::from(message(at)))
            .in_campaign(Arc::<str>::from("bench"))
            .with(Stage::Accepted, now)
    };
    let router = Router::builder(Resources::new(Arc::new(NullConnector::default()))).build();
    let service = PushService::builder(router, Arc::new(MemoryRegistry::new()), clock)
        .milestones(milestones)
        .build();
    let pushes: Vec<PushRecord> = each(push).collect();
    let recorded = runtime.block_on(service.milestones().record(&pushes, now));
    assert_eq!(recorded.expect("in memory").len(), 0);
    service
}

/// Receipts a second.
fn rate(bodies: usize, mut run: impl FnMut()) -> f64 {
    let start = cpu_time().expect("CPU time");
    (0..bodies).for_each(|_| run());
    let spent: Duration = cpu_time().expect("CPU time") - start;
    (bodies * EACH) as f64 / spent.as_secs_f64()
}

fn middle(mut measured: Vec<f64>) -> f64 {
    measured.sort_unstable_by(f64::total_cmp);
    measured
        .get(measured.len() / 2)
        .copied()
        .unwrap_or_default()
}

fn main() {
    let is_smoke_run = std::env::args().any(|argument| argument == "--test");
    let (bodies, rounds) = if is_smoke_run {
        (10, 1)
    } else {
        (BODIES, ROUNDS)
    };
    pin_to_core(1);
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let headers = HeaderMap::new();
    let mut table = Table::new(&["vendor", "bytes each", "read/s", "goal", "joined/s"]);
    for form in forms() {
        let service = service(&runtime);
        let receipts = Receipts::new().with("bench", PATH, form.reader);
        let read = || {
            let parsed = receipts
                .receive(PATH, &headers, &form.body)
                .expect("receipts");
            assert_eq!(parsed.receipts.len(), EACH);
            parsed
        };
        let joined = || {
            let parsed = read();
            let report = runtime.block_on(service.take_receipts(&parsed));
            assert_eq!(report.expect("in memory").joined(), EACH);
        };
        let (mut reads, mut joins) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            reads.push(rate(bodies, || {
                std::hint::black_box(read());
            }));
            joins.push(rate(bodies, joined));
        }
        let (read, join) = (middle(reads), middle(joins));
        let goal = match form.is_json {
            true => format!("≥ {GOAL:.0} {}", verdict(read >= GOAL)),
            false => String::new(),
        };
        table.row([
            form.name.to_owned(),
            (form.body.len() / EACH).to_string(),
            format!("{read:.0}"),
            goal,
            format!("{join:.0}"),
        ]);
    }
    println!("{table}");
}
