//! Meizu through an independent client: what it takes, what it refuses, and in which words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use support::{Client, Reply, tls};
use url::form_urlencoded::Serializer;
use zpns_simulator::faults::{Fault, Rule, Target};
use zpns_simulator::meizu::Credentials;
use zpns_simulator::{CallKind, FaultScript, Simulator, Verdict};

const ROOT: &str = "/garcia/api/server/";
const BY_ID: &str = "push/varnished/pushByPushId";
const BY_ALIAS: &str = "push/varnished/pushByAlias";
const CREATE: &str = "push/pushTask/getTaskId";
const BY_TASK: &str = "push/task/varnished/pushByPushId";
const TASK_STATISTICS: &str = "push/statistics/getTaskStatistics";
const DAILY_STATISTICS: &str = "push/statistics/dailyPushStatics";
const SWITCH: &str = "message/getRegisterSwitch";
const FORM: &str = "application/x-www-form-urlencoded;charset=UTF-8";

struct Scene {
    sim: Simulator,
    client: Client,
}

/// Parameters that can be bent, before they are signed.
#[derive(Clone)]
struct Form(Vec<(String, String)>);

impl Form {
    fn set(mut self, key: &str, value: impl ToString) -> Self {
        self = self.without(key);
        self.0.push((key.to_owned(), value.to_string()));
        self
    }

    fn without(mut self, key: &str) -> Self {
        self.0.retain(|(known, _)| known != key);
        self
    }

    fn to(self, targets: &[&str]) -> Self {
        self.set("pushIds", targets.join(","))
    }

    /// As the vendor's document says: sorted, concatenated, with the secret behind.
    fn sign(&self, secret: &str) -> String {
        let mut pairs = self.0.clone();
        pairs.sort();
        let pairs = pairs.iter().map(|(key, value)| format!("{key}={value}"));
        let base: String = pairs.collect();
        let digest = Md5::digest(format!("{base}{secret}").as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn signed(&self, secret: &str) -> String {
        self.clone().set("sign", self.sign(secret)).encoded()
    }

    fn encoded(&self) -> String {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(&self.0).finish()
    }
}

impl Scene {
    async fn open() -> Self {
        let sim = Simulator::builder().vendors(["meizu"]);
        let sim = sim.start().await.unwrap();
        let config = tls(&sim.ca_pem(), None, &["h2"]);
        let client = Client::connect(sim.origin("meizu"), config).await;
        Self { sim, client }
    }

    fn known(&self) -> &Credentials {
        self.sim.meizu().unwrap()
    }

    fn live(&self, index: usize) -> String {
        self.sim.tokens("meizu").live[index].clone()
    }

    fn dead(&self) -> String {
        self.sim.tokens("meizu").dead[0].clone()
    }

    fn muted(&self) -> String {
        self.sim.tokens("meizu").muted[0].clone()
    }

    fn form(&self) -> Form {
        Form(Vec::new()).set("appId", self.known().app_id)
    }

    fn push(&self) -> Form {
        let form = self.form().to(&[&self.live(0)]);
        form.set("messageJson", message(&[]))
    }

    async fn post(&self, path: &str, body: String) -> Reply {
        let path = format!("{ROOT}{path}");
        let headers = [("content-type", FORM)];
        let call = self.client.call("POST", &path, &headers, body);
        call.await.unwrap()
    }

    async fn call(&self, path: &str, form: &Form) -> Reply {
        self.post(path, form.signed(&self.known().app_secret)).await
    }

    async fn get(&self, path: &str, form: &Form) -> Reply {
        let query = form.signed(&self.known().app_secret);
        let path = format!("{ROOT}{path}?{query}");
        let call = self.client.call("GET", &path, &[], "");
        call.await.unwrap()
    }

    async fn code(&self, path: &str, form: &Form) -> String {
        code(&self.call(path, form).await)
    }

    /// The code of a push with these changes to its message.
    async fn code_of(&self, changes: &[(&str, Value)]) -> String {
        let push = self.push().set("messageJson", message(changes));
        self.code(BY_ID, &push).await
    }

    async fn create_task(&self) -> u64 {
        let form = self.form().set("pushType", 0);
        let message = message(&[("/extra", Value::Null)]);
        let reply = self.call(CREATE, &form.set("messageJson", message)).await;
        assert_eq!(code(&reply), "200");
        reply.json()["value"]["taskId"].as_u64().unwrap()
    }

    fn faults(&self, rule: Rule) {
        self.sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    }
}

/// A message with these changes, by pointer; null takes a field away.
fn message(changes: &[(&str, Value)]) -> Value {
    let mut message = json!({
        "noticeBarInfo": {"title": "t", "content": "c"},
        "noticeExpandInfo": {}, "clickTypeInfo": {}, "pushTimeInfo": {},
        "advanceInfo": {"notificationType": {}}, "vipInfo": {}, "extra": {},
    });
    for (path, value) in changes {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let parent = message.pointer_mut(parent).unwrap();
        let parent = parent.as_object_mut().unwrap();
        match value {
            Value::Null => parent.remove(name),
            value => parent.insert(name.to_owned(), value.clone()),
        };
    }
    message
}

/// The code of an answer, which is a text, in a shape that depends on it.
fn code(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    let body = reply.json();
    let code = body["code"].as_str().unwrap().to_owned();
    let message = body["message"].as_str().unwrap();
    if code == "200" {
        assert!(body.get("redirect").is_none());
        assert!(body["value"].is_object() || body["value"].is_array());
    } else {
        assert!(!message.is_empty());
        assert_eq!(body["value"], "", "an empty text and no object");
        assert_eq!(body["redirect"], "");
        assert!(body.get("msgId").is_none());
    }
    code
}

#[tokio::test]
async fn a_push_is_taken_under_an_id() {
    let scene = Scene::open().await;
    let reply = scene.call(BY_ID, &scene.push()).await;
    assert_eq!(code(&reply), "200");
    let answer = reply.json();
    assert_eq!(answer["value"], json!({}));
    let id = answer["msgId"].as_str().unwrap().to_owned();
    assert!(id.starts_with("NS"), "{id}");
    let received = scene.sim.received("meizu").pop().unwrap();
    assert_eq!(received.kind, CallKind::Push);
    assert_eq!(received.verdict, Verdict::Accepted { id });
    assert_eq!(received.tokens, [scene.live(0)]);
}

#[tokio::test]
async fn targets_that_fail_are_listed_by_code_and_the_others_are_not() {
    let scene = Scene::open().await;
    let (a, b) = (scene.live(0), scene.live(1));
    let (dead, muted) = (scene.dead(), scene.muted());
    let targets = [
        &*a, &dead, "no token", &b, &muted, "", "CN_dead1", &dead, &a,
    ];
    let reply = scene.call(BY_ID, &scene.push().to(&targets)).await;
    assert_eq!(code(&reply), "200");
    let answer = reply.json();
    let wanted = json!({
        "110002": [dead, "CN_dead1"], "110003": ["no token", ""], "110010": [muted],
    });
    assert_eq!(answer["value"], wanted, "each once");
    assert!(answer["msgId"].is_string());
    let received = scene.sim.received("meizu").pop().unwrap();
    assert_eq!(received.tokens, targets);
    assert_eq!(received.accepted_tokens(), [a.clone(), b, a]);
}

#[tokio::test]
async fn targets_that_all_fail_are_listed_in_an_answer_that_is_well() {
    let scene = Scene::open().await;
    for (target, code_of_it) in [
        (scene.dead(), "110002"),
        ("täuschend".to_owned(), "110003"),
        (scene.muted(), "110010"),
    ] {
        let reply = scene.call(BY_ID, &scene.push().to(&[&target])).await;
        assert_eq!(code(&reply), "200");
        assert_eq!(reply.json()["value"], json!({code_of_it: [target]}));
        let verdict = scene.sim.received("meizu").pop().unwrap().verdict;
        assert_eq!(verdict.code(), Some(code_of_it));
    }
    assert_eq!(scene.sim.counters("meizu").accepted, 0);
}

#[tokio::test]
async fn a_flaky_target_fails_alone_and_once() {
    let scene = Scene::open().await;
    let flaky = scene.sim.tokens("meizu").flaky;
    let push = scene.push().to(&[&flaky[0], &scene.live(0), &flaky[0]]);
    let answer = scene.call(BY_ID, &push).await.json();
    assert_eq!(answer["value"], json!({"513": [flaky[0]]}));
    let received = scene.sim.received("meizu").pop().unwrap();
    assert_eq!(received.accepted_tokens(), [scene.live(0)]);
    let answer = scene.call(BY_ID, &push).await.json();
    assert_eq!(answer["value"], json!({}));
    scene.sim.clear();
    let answer = scene.call(BY_ID, &push).await.json();
    assert_eq!(answer["value"], json!({"513": [flaky[0]]}));
}

#[tokio::test]
async fn aliases_are_targets_too() {
    let scene = Scene::open().await;
    let long = "x".repeat(61);
    let push = scene.push().without("pushIds");
    let push = push.set("alias", format!("u1,dead2,{long},你好"));
    let answer = scene.call(BY_ALIAS, &push).await.json();
    assert_eq!(answer["value"], json!({"110005": ["dead2", long]}));
    let received = scene.sim.received("meizu").pop().unwrap();
    assert_eq!(received.accepted_tokens(), ["u1", "你好"]);
}

#[tokio::test]
async fn a_hundred_targets_are_taken_and_no_more() {
    let scene = Scene::open().await;
    let targets: Vec<String> = (0..101).map(|n| format!("RA{n}")).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    assert_eq!(
        scene.code(BY_ID, &scene.push().to(&targets[..100])).await,
        "200"
    );
    assert_eq!(scene.code(BY_ID, &scene.push().to(&targets)).await, "1005");
    let aliases = scene
        .push()
        .without("pushIds")
        .set("alias", targets.join(","));
    assert_eq!(scene.code(BY_ALIAS, &aliases).await, "1005");
    let task = scene.create_task().await;
    let by_task = scene.form().set("taskId", task).to(&targets);
    assert_eq!(scene.code(BY_TASK, &by_task).await, "1005");
}

#[tokio::test]
async fn the_sign_is_over_the_raw_values_of_all_parameters() {
    let scene = Scene::open().await;
    let secret = &scene.known().app_secret;
    let text = message(&[("/noticeBarInfo/title", json!("你好 a=b&c+d %41"))]);
    let push = scene.push().set("messageJson", &text);
    assert_eq!(scene.code(BY_ID, &push).await, "200");

    let sign = push.sign(secret);
    let spaced = text.to_string().replace(':', ": ");
    let more = push.clone().set("restrictedPackageNames", "");
    let rows = [
        (push.clone().set("sign", &sign), "200"),
        (push.clone(), "1006"),
        (push.clone().set("sign", ""), "1006"),
        (push.clone().set("sign", sign.to_uppercase()), "1006"),
        (
            push.clone().set("sign", push.sign("another secret")),
            "1006",
        ),
        (
            push.clone().set("messageJson", spaced).set("sign", &sign),
            "1006",
        ),
        (
            push.clone().to(&[&scene.live(1)]).set("sign", &sign),
            "1006",
        ),
        (more.clone().set("sign", &sign), "1006"),
        (more.clone().set("sign", more.sign(secret)), "200"),
    ];
    for (index, (form, wanted)) in rows.iter().enumerate() {
        let reply = scene.post(BY_ID, form.encoded()).await;
        assert_eq!(code(&reply), *wanted, "{index}");
    }
}

#[tokio::test]
async fn an_app_is_known_and_not_blacklisted() {
    let scene = Scene::open().await;
    let known = scene.known();
    for (id, wanted) in [("", "110004"), ("7", "110000"), ("meizu", "110000")] {
        let push = scene.push().set("appId", id);
        assert_eq!(scene.code(BY_ID, &push).await, wanted, "{id}");
    }
    let nobody = scene.push().without("appId");
    assert_eq!(scene.code(BY_ID, &nobody).await, "110004");
    let blocked = scene.push().set("appId", known.blocked_app_id);
    assert_eq!(scene.code(BY_ID, &blocked).await, "1006", "whose secret?");
    let reply = scene
        .post(BY_ID, blocked.signed(&known.blocked_app_secret))
        .await;
    assert_eq!(code(&reply), "110009");
}

#[tokio::test]
async fn parameters_are_known_and_not_empty() {
    let scene = Scene::open().await;
    let push = scene.push();
    let package = scene.known().package.clone();
    let packages = "restrictedPackageNames";
    let rows = [
        (push.clone().without("pushIds"), "110004"),
        (push.clone().set("pushIds", ""), "110004"),
        (push.clone().without("messageJson"), "110004"),
        (push.clone().set("messageJson", ""), "110004"),
        (push.clone().set("messageJson", "{"), "1005"),
        (push.clone().set("messageJson", "[]"), "1005"),
        (push.clone().set("taskId", 1), "1005"),
        (push.clone().set("alias", "a"), "1005"),
        (push.clone().set(packages, &package), "200"),
        (
            push.clone().set(packages, format!("{package},{package}")),
            "200",
        ),
        (push.clone().set(packages, "com.other"), "110031"),
    ];
    for (index, (form, wanted)) in rows.iter().enumerate() {
        assert_eq!(scene.code(BY_ID, form).await, *wanted, "{index}");
    }
}

/// A field of a message, and the code that it is answered with.
#[rustfmt::skip]
fn fields() -> Vec<(&'static str, Value, &'static str)> {
    let ok = "200";
    let no = "1005";
    let text = |length: usize| json!("中".repeat(length));
    let bytes = |length: usize| json!("x".repeat(length));
    let url = |length: usize| json!(format!("https://e.com/{}", "x".repeat(length - 14)));
    vec![
        ("/noticeBarInfo", Value::Null, no), ("/noticeBarInfo", json!("t"), no),
        ("/noticeBarInfo/title", Value::Null, no), ("/noticeBarInfo/title", json!(""), no), ("/noticeBarInfo/title", json!(" "), no),
        ("/noticeBarInfo/title", text(32), ok), ("/noticeBarInfo/title", text(33), no), ("/noticeBarInfo/title", json!(1), no),
        ("/noticeBarInfo/content", Value::Null, no), ("/noticeBarInfo/content", text(100), ok), ("/noticeBarInfo/content", text(101), no),
        ("/noticeBarInfo/noticeMsgType", json!(1), ok), ("/noticeBarInfo/noticeMsgType", json!(2), no), ("/noticeBarInfo/noticeMsgType", json!("1"), no),
        ("/noticeBarInfo/noticeBarType", json!(2), ok), ("/noticeBarInfo/noticeBarType", json!(1), no),
        ("/noticeExpandInfo/noticeExpandType", json!(1), no), ("/noticeExpandInfo/noticeExpandType", json!(2), no), ("/noticeExpandInfo/noticeExpandType", json!(3), no),
        ("/clickTypeInfo/clickType", json!(0), ok), ("/clickTypeInfo/clickType", json!(1), no), ("/clickTypeInfo/clickType", json!(2), no), ("/clickTypeInfo/clickType", json!(3), no),
        ("/clickTypeInfo/url", url(1000), ok), ("/clickTypeInfo/url", url(1001), no), ("/clickTypeInfo/url", json!("e.com"), no), ("/clickTypeInfo/url", json!("app://x/y"), ok),
        ("/clickTypeInfo/activity", json!("com.app.MainActivity"), ok), ("/clickTypeInfo/activity", json!(".MainActivity"), no),
        ("/clickTypeInfo/activity", json!("com.app/.Main"), no), ("/clickTypeInfo/activity", json!(format!("a.{}", "b".repeat(999))), no),
        ("/clickTypeInfo/parameters", json!({"k": "v"}), ok), ("/clickTypeInfo/parameters", json!("{}"), no),
        ("/clickTypeInfo/customAttribute", bytes(1000), ok), ("/clickTypeInfo/customAttribute", bytes(1001), no),
        ("/pushTimeInfo/offLine", json!(0), ok), ("/pushTimeInfo/offLine", json!(true), ok), ("/pushTimeInfo/offLine", json!(2), no), ("/pushTimeInfo/offLine", json!("1"), no),
        ("/pushTimeInfo/validTime", json!(1), ok), ("/pushTimeInfo/validTime", json!(72), ok), ("/pushTimeInfo/validTime", json!(0), no),
        ("/pushTimeInfo/validTime", json!(73), no), ("/pushTimeInfo/validTime", json!(1.5), no),
        ("/pushTimeInfo/pushTimeType", json!(1), no), ("/pushTimeInfo/startTime", json!("2026-01-01 00:00:00"), no),
        ("/advanceInfo/suspend", json!(0), ok), ("/advanceInfo/clearNoticeBar", json!(false), ok), ("/advanceInfo/clearNoticeBar", json!(7), no),
        ("/advanceInfo/fixDisplay", json!(0), ok), ("/advanceInfo/fixDisplay", json!(1), no), ("/advanceInfo/fixDisplay", json!(true), no),
        ("/advanceInfo/fixStartDisplayTime", json!("2026-01-01 00:00:00"), ok), ("/advanceInfo/fixStartDisplayTime", json!("2026-01-01T00:00:00"), no),
        ("/advanceInfo/fixSpeed", json!(false), ok), ("/advanceInfo/fixSpeedRate", json!(0), ok), ("/advanceInfo/fixSpeedRate", json!(-1), no),
        ("/advanceInfo/notificationType/sound", json!(0), ok), ("/advanceInfo/notificationType/sound", json!(3), no), ("/advanceInfo/notificationType/flash", json!(1), no),
        ("/advanceInfo/notifyKey", json!("aZ0_-678"), ok), ("/advanceInfo/notifyKey", json!("123456789"), no),
        ("/advanceInfo/notifyKey", json!(""), no), ("/advanceInfo/notifyKey", json!("a.b"), no),
        ("/vipInfo/subtitle", text(16), ok), ("/vipInfo/subtitle", text(17), no), ("/vipInfo/timeTop", json!(1800), ok),
        ("/vipInfo/timeTop", json!(1799), no), ("/vipInfo/timeTop", json!(7201), no), ("/vipInfo/titleColor", json!("#206CFF"), ok),
        ("/vipInfo/titleColor", json!("#FF0000"), no), ("/vipInfo/notGroup", json!(1), ok), ("/vipInfo/bigIconUrl", json!("x"), no),
        ("/extra/callback", url(128), ok), ("/extra/callback", url(129), no), ("/extra/callback", json!("e.com"), no),
        ("/extra/callback.param", bytes(64), ok), ("/extra/callback.param", text(22), no),
        ("/extra/callback.type", json!(3), ok), ("/extra/callback.type", json!("1"), ok), ("/extra/callback.type", json!(4), no),
        ("/extra/more", json!(1), no), ("/unknown", json!({}), no),
    ]
}

#[tokio::test]
async fn every_field_of_a_message_is_checked() {
    let scene = Scene::open().await;
    for (path, value, wanted) in fields() {
        let code = scene.code_of(&[(path, value.clone())]).await;
        assert_eq!(code, wanted, "{path} {value}");
    }
    let least = json!({"noticeBarInfo": {"title": "t", "content": "c"}});
    let push = scene.push().set("messageJson", least);
    assert_eq!(scene.code(BY_ID, &push).await, "200");
}

#[tokio::test]
async fn fields_that_belong_together_come_together() {
    let scene = Scene::open().await;
    let click = "/clickTypeInfo/clickType";
    let expand = "/noticeExpandInfo/noticeExpandType";
    let picture = (
        "/noticeExpandInfo/noticeExpandImgUrl",
        json!("https://e.com/p"),
    );
    let fix = ("/advanceInfo/fixDisplay", json!(1));
    let from = |time: &str| ("/advanceInfo/fixStartDisplayTime", json!(time));
    let until = |time: &str| ("/advanceInfo/fixEndDisplayTime", json!(time));
    let image = |name: &'static str| (name, json!("https://e.com/i"));
    let background = image("/vipInfo/backgroundImgUrl");
    #[rustfmt::skip]
    let rows = [
        (vec![(click, json!(1)), ("/clickTypeInfo/activity", json!("a.B"))], "200"),
        (vec![(click, json!(2)), ("/clickTypeInfo/url", json!("https://e.com"))], "200"),
        (vec![(click, json!(2)), ("/clickTypeInfo/activity", json!("a.B"))], "1005"),
        (vec![(expand, json!(1)), ("/noticeExpandInfo/noticeExpandContent", json!("long"))], "200"),
        (vec![(expand, json!(2)), picture.clone()], "200"),
        (vec![fix.clone(), from("2026-01-01 08:00:00"), until("2026-01-01 09:00:00")], "200"),
        (vec![fix.clone(), from("2026-01-01 09:00:00"), until("2026-01-01 08:00:00")], "1005"),
        (vec![fix, from("2026-01-01 09:00:00")], "1005"),
        (vec![("/vipInfo/pullDownTop", json!(1)), ("/vipInfo/timeTop", json!(1800))], "1005"),
        (vec![("/vipInfo/pullDownTop", json!(0)), ("/vipInfo/timeTop", json!(1800))], "200"),
        (vec![background.clone(), image("/vipInfo/smallIconUrl")], "200"),
        (vec![background.clone(), image("/vipInfo/bigIconUrl")], "1005"),
        (vec![background.clone(), ("/vipInfo/titleColor", json!("#E42D22"))], "1005"),
        (vec![background, (expand, json!(2)), picture], "1005"),
    ];
    for (changes, wanted) in rows {
        assert_eq!(scene.code_of(&changes).await, wanted, "{changes:?}");
    }
}

#[tokio::test]
async fn pass_through_has_come_to_an_end() {
    let scene = Scene::open().await;
    let ids = scene.form().to(&[&scene.live(0)]);
    let aliases = scene.form().set("alias", "a");
    let silent = |length: usize| json!({"content": "x".repeat(length)});
    for (by, form) in [("PushId", &ids), ("Alias", &aliases)] {
        let path = format!("push/unvarnished/pushBy{by}");
        let with = |message: Value| form.clone().set("messageJson", message);
        assert_eq!(scene.code(&path, &with(silent(2000))).await, "110053");
        assert_eq!(scene.code(&path, &with(silent(2001))).await, "1005");
        assert_eq!(
            scene.code(&path, &with(json!({"title": "t"}))).await,
            "1005"
        );
    }
    let task = scene.form().set("pushType", 1);
    let titled = json!({"title": "t", "content": "c"});
    for (message, wanted) in [(silent(1), "1005"), (titled, "110053")] {
        let form = task.clone().set("messageJson", message);
        assert_eq!(scene.code(CREATE, &form).await, wanted);
    }
    let task = scene.create_task().await;
    for (by, form) in [("PushId", ids), ("Alias", aliases)] {
        let path = format!("push/task/unvarnished/pushBy{by}");
        let form = form.set("taskId", task);
        assert_eq!(scene.code(&path, &form).await, "110053");
        assert_eq!(scene.code(&path, &form.set("taskId", 1)).await, "110032");
    }
    assert_eq!(scene.sim.counters("meizu").accepted, 0);
}

#[tokio::test]
async fn a_task_is_sent_to_many_and_counts_them() {
    let scene = Scene::open().await;
    let form = scene.form().set("pushType", 0);
    let form = form.set("messageJson", message(&[("/extra", Value::Null)]));
    let reply = scene.call(CREATE, &form).await;
    let answer = reply.json();
    let task = answer["value"]["taskId"].as_u64().unwrap();
    let wanted = json!({"taskId": task, "pushType": 0, "appId": scene.known().app_id});
    assert_eq!(answer["value"], wanted);
    assert!(answer.get("msgId").is_none());
    assert_ne!(scene.create_task().await, task);

    let (live, dead) = (scene.live(0), scene.dead());
    let push = scene.form().set("taskId", task).to(&[&live, &dead]);
    let answer = scene.call(BY_TASK, &push).await.json();
    assert_eq!(answer["value"], json!({"110002": [dead]}));
    assert!(
        answer.get("msgId").is_none(),
        "the task's id is all there is"
    );
    let received = scene.sim.received("meizu").pop().unwrap();
    assert_eq!(received.kind, CallKind::Push);
    assert_eq!(received.accepted_tokens(), [live]);
    let aliases = scene.form().set("taskId", task).set("alias", "a,b");
    let path = "push/task/varnished/pushByAlias";
    assert_eq!(scene.call(path, &aliases).await.json()["value"], json!({}));

    let asked = scene.form().set("taskId", task);
    let wanted = json!({
        "taskId": task, "targetNo": 4, "validNo": 3, "pushedNo": 3, "acceptNo": 3,
        "displayNo": 3, "clickNo": 0,
    });
    for reply in [
        scene.get(TASK_STATISTICS, &asked).await,
        scene.call(TASK_STATISTICS, &asked).await,
    ] {
        assert_eq!(reply.json()["value"], wanted);
    }
    for id in ["1", "x", "-1"] {
        let wrong = push.clone().set("taskId", id);
        assert_eq!(scene.code(BY_TASK, &wrong).await, "110032", "{id}");
        let wrong = asked.clone().set("taskId", id);
        assert_eq!(code(&scene.get(TASK_STATISTICS, &wrong).await), "110032");
    }
    assert_eq!(scene.code(BY_TASK, &push.without("taskId")).await, "110004");
}

#[tokio::test]
async fn a_task_has_a_kind_and_no_receipts() {
    let scene = Scene::open().await;
    let form = |message: Value| scene.form().set("pushType", 0).set("messageJson", message);
    let silent = message(&[("/extra", Value::Null)]);
    let receipts = message(&[("/extra/callback", json!("https://e.com/"))]);
    assert_eq!(scene.code(CREATE, &form(receipts)).await, "1005");
    for (kind, wanted) in [("2", "1005"), ("", "110004"), ("x", "1005")] {
        let form = form(silent.clone()).set("pushType", kind);
        assert_eq!(scene.code(CREATE, &form).await, wanted, "{kind}");
    }
}

#[tokio::test]
async fn daily_statistics_span_a_month() {
    let scene = Scene::open().await;
    for (from, until, wanted) in [
        ("20261101", "20261125", "200"),
        ("20261125", "20261125", "200"),
        ("20261101", "20261201", "200"),
        ("20261101", "20261202", "500"),
        ("20261125", "20261124", "500"),
        ("2026-11-25", "20261125", "1005"),
        ("", "20261125", "110004"),
    ] {
        let form = scene.form().set("startTime", from).set("endTime", until);
        let reply = scene.get(DAILY_STATISTICS, &form).await;
        assert_eq!(code(&reply), wanted, "{from} {until}");
        if wanted == "200" {
            assert!(reply.json()["value"].is_array());
        }
        assert_eq!(scene.code(DAILY_STATISTICS, &form).await, wanted, "posted");
    }
    let received = scene.sim.received("meizu");
    assert!(received.iter().all(|call| call.kind == CallKind::Other));
    let form = scene
        .form()
        .set("startTime", "20261125")
        .set("endTime", "20261125");
    let path = format!("{ROOT}{DAILY_STATISTICS}?{}", form.signed("wrong"));
    let reply = scene.client.call("GET", &path, &[], "").await.unwrap();
    assert_eq!(code(&reply), "1006");
}

#[tokio::test]
async fn a_device_tells_whether_its_switch_is_on() {
    let scene = Scene::open().await;
    let flaky = scene.sim.tokens("meizu").flaky[0].clone();
    for (id, on) in [(scene.live(0), 1), (scene.muted(), 0), (flaky.clone(), 1)] {
        let reply = scene.get(SWITCH, &scene.form().set("pushId", &id)).await;
        let wanted = json!({"barTypeSwitch": on, "directTypeSwitch": on, "pushId": id});
        assert_eq!(reply.json()["value"], wanted);
    }
    for (id, wanted) in [(scene.dead(), "110002"), ("a b".to_owned(), "110003")] {
        let reply = scene.get(SWITCH, &scene.form().set("pushId", id)).await;
        assert_eq!(code(&reply), wanted);
    }
    let answer = scene.call(BY_ID, &scene.push().to(&[&flaky])).await.json();
    assert_eq!(
        answer["value"],
        json!({"513": [flaky]}),
        "no attempt before"
    );
}

#[tokio::test]
async fn only_a_signed_form_is_read_and_only_where_it_belongs() {
    let scene = Scene::open().await;
    let body = scene.push().signed(&scene.known().app_secret);
    let path = format!("{ROOT}{BY_ID}");
    let call = async |method: &str, path: &str, kind: &str, body: &str| {
        let headers = [("content-type", kind)];
        let call = scene.client.call(method, path, &headers, body.to_owned());
        call.await.unwrap()
    };
    let json = call("POST", &path, "application/json", &body).await;
    assert_eq!(code(&json), "110004");
    for wrong in ["title=%E4", "title=%zz", "appId=1&appId=2"] {
        assert_eq!(
            code(&call("POST", &path, FORM, wrong).await),
            "1005",
            "{wrong}"
        );
    }
    let get = call("GET", &format!("{path}?{body}"), FORM, "").await;
    assert_eq!(get.status, 405);
    for lost in ["/push", &format!("{ROOT}push"), &format!("/{BY_ID}")] {
        assert_eq!(call("POST", lost, FORM, &body).await.status, 404, "{lost}");
    }
}

#[tokio::test]
async fn a_script_speaks_in_meizus_words() {
    let scene = Scene::open().await;
    let rows = [
        (Fault::status(400), 400, "1005"),
        (Fault::status(401), 401, "1006"),
        (Fault::status(403), 403, "110009"),
        (Fault::status(429), 429, "110010"),
        (Fault::status(500), 500, "1001"),
        (Fault::status(503), 503, "1003"),
        (Fault::code(200, "110019"), 200, "110019"),
        (Fault::code(200, "110010"), 200, "110010"),
        (Fault::code(418, "Teapot"), 418, "Teapot"),
    ];
    for (fault, status, code) in rows {
        scene.faults(Rule::new(fault));
        let reply = scene.call(BY_ID, &scene.push()).await;
        assert_eq!(reply.status, status);
        let answer = reply.json();
        assert_eq!(
            (&answer["code"], &answer["value"]),
            (&json!(code), &json!(""))
        );
        assert!(!answer["message"].as_str().unwrap().is_empty());
    }
    scene.faults(Rule::new(Fault::code(200, "300")));
    let answer = scene.call(BY_ID, &scene.push()).await.json();
    assert!(answer["redirect"].as_str().unwrap().starts_with("https://"));

    let targets = [scene.live(0), scene.live(1)];
    let push = scene.push().to(&[&targets[0], &targets[1]]);
    for code in ["201", "501", "513", "518", "519", "520", "110005", "110011"] {
        scene.faults(Rule::new(Fault::code(200, code)));
        let answer = scene.call(BY_ID, &push).await.json();
        assert_eq!(answer["code"], "200", "{code} is one of targets");
        assert_eq!(answer["value"], json!({code: targets}));
        assert!(answer["msgId"].is_string());
    }
    scene.faults(Rule::new(Fault::code(200, "1001")).target(Target::Other));
    let form = scene.form().set("pushId", scene.live(0));
    assert_eq!(code(&scene.get(SWITCH, &form).await), "1001");
}

#[tokio::test]
async fn a_secret_that_was_replaced_in_the_console_is_refused_from_then_on() {
    let scene = Scene::open().await;
    scene.faults(Rule::new(Fault::ExpiredAuth {}).count(1));
    let stranger = scene.push().signed("wrong");
    assert_eq!(code(&scene.post(BY_ID, stranger).await), "1006");
    scene.faults(Rule::new(Fault::ExpiredAuth {}).count(1));
    assert_eq!(scene.code(BY_ID, &scene.push()).await, "1006");
    assert_eq!(scene.code(BY_ID, &scene.push()).await, "1006");
    let form = scene.form().set("pushId", scene.live(0));
    assert_eq!(code(&scene.get(SWITCH, &form).await), "1006");
}

#[tokio::test]
async fn the_config_leads_to_it() {
    let scene = Scene::open().await;
    let config: toml::Table = scene.sim.config_toml().unwrap().parse().unwrap();
    let section = config["providers"]["meizu"].as_table().unwrap();
    let known = scene.known();
    assert_eq!(section["app_id"].as_integer(), Some(known.app_id as i64));
    assert_eq!(section["app_secret"].as_str(), Some(&*known.app_secret));
    assert_eq!(
        section["endpoint"].as_str(),
        Some(scene.sim.origin("meizu"))
    );
    let listed: Value = serde_json::from_str(&scene.sim.tokens_json()).unwrap();
    for (list, count) in [("live", 8), ("dead", 3), ("muted", 2), ("flaky", 4)] {
        assert_eq!(listed["meizu"][list].as_array().unwrap().len(), count);
    }
    assert!(!format!("{known:?}").contains(&known.app_secret));
}
