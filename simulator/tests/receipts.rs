//! Receipts: what each vendor tells a server about what it accepted, and how it takes the answer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::HashMap;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PSS_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use support::{Client, Reply, der, honor, jwt, now, oppo, tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::form_urlencoded;
use zpns_simulator::{Happening, ReceiptRequest, Simulator, Tell};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A vendor, and a client of it.
struct Scene {
    sim: Simulator,
    client: Client,
    vendor: &'static str,
}

impl Scene {
    async fn open(vendor: &'static str) -> Self {
        let sim = Simulator::builder().vendors([vendor]);
        let sim = sim.start().await.unwrap();
        let config = tls(&sim.ca_pem(), None, &["h2"]);
        let client = Client::connect(sim.origin(vendor), config).await;
        Self {
            sim,
            client,
            vendor,
        }
    }

    fn live(&self, index: usize) -> String {
        self.sim.tokens(self.vendor).live[index].clone()
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: String) -> Reply {
        let reply = self.client.call("POST", path, headers, body).await.unwrap();
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply
    }

    async fn form(&self, path: &str, headers: &[(&str, &str)], pairs: &[(&str, &str)]) -> Reply {
        let headers = [headers, &[("content-type", FORM)]].concat();
        self.post(path, &headers, encoded(pairs)).await
    }

    /// The only call that these receipts are.
    fn told(&self, tell: impl Into<Tell>) -> ReceiptRequest {
        only(&self.sim, self.vendor, tell)
    }

    fn has_no(&self, happening: Happening) {
        let refused = self.sim.receipts(self.vendor, happening).unwrap_err();
        assert!(refused.to_string().contains("no receipt"), "{refused}");
    }
}

fn only(sim: &Simulator, vendor: &str, tell: impl Into<Tell>) -> ReceiptRequest {
    let mut requests = sim.receipts(vendor, tell).unwrap();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn read(request: &ReceiptRequest) -> Value {
    assert_eq!(request.headers["content-type"], JSON);
    serde_json::from_slice(&request.body).unwrap()
}

fn pairs(request: &ReceiptRequest) -> HashMap<String, String> {
    assert_eq!(request.headers["content-type"], FORM);
    form_urlencoded::parse(&request.body).into_owned().collect()
}

fn md5(text: &str) -> String {
    let digest = Md5::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// That a time is the simulator's own, and takes it out.
fn take_time(place: &mut Value, name: &str) {
    let time = place.as_object_mut().unwrap().remove(name).unwrap();
    let time = time.as_i64().or_else(|| time.as_str()?.parse().ok());
    assert!(time.unwrap().abs_diff(now() * 1000) < 60_000);
}

/// Whether the header of a receipt of Huawei's is signed with this key.
fn is_signed(request: &ReceiptRequest, user: &str, key: &[u8]) -> bool {
    let header = request.headers["x-huawei-callback-id"].to_str().unwrap();
    let parts: HashMap<&str, &str> = header
        .split(';')
        .map(|part| part.trim().split_once('=').unwrap())
        .collect();
    let text = format!("{}{}{user}", parts["timestamp"], parts["nonce"]);
    let value = STANDARD.decode(parts["value"]).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::verify(&key, text.as_bytes(), &value).is_ok()
}

async fn push_to_huawei(scene: &Scene, version: &str, tokens: &[String]) -> String {
    let known = scene.sim.huawei().unwrap();
    let exchange = [
        ("grant_type", "client_credentials"),
        ("client_id", known.app_id.as_str()),
        ("client_secret", known.app_secret.as_str()),
    ];
    let reply = scene.form("/oauth2/v3/token", &[], &exchange).await;
    let bearer = format!("Bearer {}", reply.json()["access_token"].as_str().unwrap());
    let id = match version {
        "v1" => &known.app_id,
        _ => &known.project_id,
    };
    let body = json!({"message": {
        "android": {
            "bi_tag": "tag",
            "notification": {"title": "t", "body": "b", "click_action": {"type": 3}},
        },
        "token": tokens,
    }});
    let headers = [("authorization", bearer.as_str()), ("content-type", JSON)];
    let path = format!("/{version}/{id}/messages:send");
    let reply = scene.post(&path, &headers, body.to_string()).await;
    reply.json()["requestId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn huawei_tells_in_two_forms_under_a_signature() {
    let scene = Scene::open("huawei").await;
    let known = scene.sim.huawei().unwrap().clone();
    let first = push_to_huawei(&scene, "v1", &[scene.live(0)]).await;
    let second = push_to_huawei(&scene, "v2", &[scene.live(1)]).await;
    let request = scene.told(Happening::TokenInvalid);
    let mut body = read(&request);
    take_time(&mut body["statuses"][0], "timestamp");
    take_time(&mut body["statuses"][1]["deliveryStatus"], "timestamp");
    let wanted = json!({"statuses": [
        {"biTag": "tag", "appid": known.app_id, "token": scene.live(0), "status": 5,
         "requestId": first},
        {"biTag": "tag", "appPackageName": known.package, "token": scene.live(1),
         "pushType": 0, "requestId": second, "deliveryStatus": {"result": 5}},
    ]});
    assert_eq!(body, wanted);

    let (user, key) = (known.receipt_user.as_str(), known.receipt_key.as_str());
    let decoded = STANDARD.decode(key).unwrap();
    assert!(is_signed(&request, user, &decoded));
    assert!(!is_signed(&request, user, key.as_bytes()));
    let older = scene.told(Tell::from(Happening::Delivered).older());
    assert!(is_signed(&older, user, key.as_bytes()));
    assert_eq!(read(&older)["statuses"][0]["status"], 0);
    scene.has_no(Happening::Clicked);
    scene.has_no(Happening::Replaced);
}

#[tokio::test]
async fn huawei_tells_a_hundred_at_once_and_only_of_what_it_accepted() {
    let scene = Scene::open("huawei").await;
    assert_eq!(
        scene.sim.receipts("huawei", Happening::Delivered).unwrap(),
        []
    );
    let live = scene.live(0);
    let dead = scene.sim.tokens("huawei").dead[0].clone();
    let mut tokens: Vec<String> = (0..150)
        .map(|n| format!("{}{n:03}", &live[..live.len() - 3]))
        .collect();
    tokens.push(dead.clone());
    push_to_huawei(&scene, "v1", &tokens).await;
    let requests = scene.sim.receipts("huawei", Happening::Delivered).unwrap();
    let counts = requests.iter().map(|request| {
        let body = read(request);
        assert!(!body.to_string().contains(&dead));
        body["statuses"].as_array().unwrap().len()
    });
    assert_eq!(counts.collect::<Vec<_>>(), [100, 50]);
    let one = scene.told(Tell::code("102").about(&tokens[7]));
    let statuses = read(&one)["statuses"].clone();
    assert_eq!(statuses.as_array().unwrap().len(), 1);
    assert_eq!(statuses[0]["token"], tokens[7]);
    assert_eq!(statuses[0]["status"], 102);
}

#[tokio::test]
async fn harmony_tells_in_the_second_form_and_of_cards_in_a_third() {
    let scene = Scene::open("harmony").await;
    let known = scene.sim.harmony().unwrap().clone();
    let pair = KeyPair::from_pkcs8(&der(&known.private_key_pem)).unwrap();
    let header = json!({"alg": "PS256", "typ": "JWT", "kid": known.key_id});
    let claims = json!({
        "iss": known.sub_account, "iat": now(), "exp": now() + 3_600,
        "aud": "https://oauth-login.cloud.huawei.com/oauth2/v3/token",
    });
    let bearer = jwt(&header, &claims, |data| {
        let mut signature = vec![0; pair.public_modulus_len()];
        let random = SystemRandom::new();
        pair.sign(&RSA_PSS_SHA256, &random, data, &mut signature)
            .unwrap();
        signature
    });
    let bearer = format!("Bearer {bearer}");
    let path = format!("/v3/{}/messages:send", known.project_id);
    let alert = json!({"notification": {
        "category": "IM", "title": "t", "body": "b", "clickAction": {"actionType": 0},
    }});
    let card = json!({
        "formId": 423_434_262, "version": 123_456, "moduleName": "entry", "formName": "widget",
        "abilityName": "EntryFormAbility", "formData": {"a": "b"},
    });
    for (kind, payload) in [("0", alert), ("1", card)] {
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", JSON),
            ("push-type", kind),
        ];
        let body = json!({
            "payload": payload, "pushOptions": {"biTag": "tag"},
            "target": {"token": [scene.live(0)]},
        });
        scene.post(&path, &headers, body.to_string()).await;
    }
    let request = scene.told(Happening::Muted);
    let mut body = read(&request);
    let statuses = &mut body["statuses"];
    take_time(&mut statuses[0]["deliveryStatus"], "timestamp");
    take_time(&mut statuses[1]["formStatus"], "timestamp");
    assert_eq!(statuses[0]["deliveryStatus"], json!({"result": 6}));
    let of_card = json!({"result": 6, "formId": 423_434_262});
    assert_eq!(statuses[1]["formStatus"], of_card);
    for (at, kind) in [(0, 0), (1, 1)] {
        let status = &statuses[at];
        assert_eq!(status["pushType"], kind);
        assert_eq!(status["biTag"], "tag");
        assert_eq!(status["token"], scene.live(0));
        assert_eq!(status["appPackageName"], known.package);
        assert!(status["requestId"].is_string());
        assert!(status.get("appid").is_none());
    }
    let key = STANDARD.decode(&known.receipt_key).unwrap();
    assert!(is_signed(&request, &known.receipt_user, &key));
}

#[tokio::test]
async fn honor_tells_of_deliveries_and_taps_without_a_signature() {
    let scene = honor::Scene::open().await;
    let message = scene.message(&[("/android/biTag", json!("tag"))]);
    let reply = scene.send(&message).await;
    let request = only(&scene.sim, "honor", Happening::Clicked);
    let mut body = read(&request);
    take_time(&mut body["statuses"][0], "timestamp");
    let wanted = json!({"statuses": [{
        "biTag": "tag", "appid": scene.known().app_id, "token": scene.live(0),
        "status": 40_000_007, "requestId": reply.json()["data"]["requestId"],
    }]});
    assert_eq!(body, wanted);
    assert_eq!(request.headers.len(), 1, "a content type and nothing else");
}

#[tokio::test]
async fn xiaomi_tells_by_message_in_a_form_and_names_successors() {
    let scene = Scene::open("xiaomi").await;
    let known = scene.sim.xiaomi().unwrap();
    let authorization = format!("key={}", known.app_secret);
    let (a, b) = (scene.live(0), scene.live(1));
    let both = format!("{a},{b}");
    let fields = [
        ("registration_id", both.as_str()),
        ("restricted_package_name", &known.package),
        ("payload", "p"),
        ("title", "t"),
        ("description", "d"),
        ("extra.notify_effect", "1"),
        ("extra.callback", "https://example.com/mi"),
        ("extra.callback.param", "mine"),
        ("extra.jobkey", "job"),
    ];
    let headers = [("authorization", authorization.as_str())];
    let reply = scene.form("/v3/message/regid", &headers, &fields).await;
    let id = reply.json()["data"]["id"].as_str().unwrap().to_owned();
    let data = |tell: Tell| -> Value {
        let data = &pairs(&scene.told(tell))["data"];
        let mut data: Value = serde_json::from_str(data).unwrap();
        take_time(&mut data[&id], "timestamp");
        data
    };
    let rows = [
        (
            Happening::Delivered,
            json!({"type": 1, "barStatus": "Enable"}),
        ),
        (
            Happening::Muted,
            json!({"type": 32, "barStatus": "Disable"}),
        ),
        (
            Happening::QuotaExceeded,
            json!({"type": 128, "barStatus": "Enable", "extra": {"ack": "10000", "quota": "10000"}}),
        ),
        (
            Happening::Replaced,
            json!({"type": 16, "barStatus": "Enable", "errorCode": 1,
                   "replaceTarget": {a.clone(): format!("{a}-new"), b.clone(): format!("{b}-new")}}),
        ),
    ];
    for (happening, mut wanted) in rows {
        wanted["targets"] = both.clone().into();
        wanted["param"] = "mine".into();
        wanted["jobkey"] = "job".into();
        let got = data(Tell::from(happening));
        assert_eq!(got, json!({ id.clone(): wanted }), "{happening:?}");
    }
    let of_one = data(Tell::from(Happening::TokenInvalid).about(&b));
    assert_eq!(of_one[&id]["targets"], b);
}

#[tokio::test]
async fn oppo_tells_of_every_message_in_one_array() {
    let scene = oppo::Scene::open().await;
    let asking: oppo::Changes<'_> = &[
        ("call_back_url", json!("https://example.com/oppo")),
        ("call_back_parameter", json!("mine")),
    ];
    let (a, b) = (scene.live(0), scene.live(1));
    scene.unicast(&oppo::message(&a, asking)).await;
    let messages = [oppo::message(&a, &[]), oppo::message(&b, asking)];
    let batch = scene.batch(&messages).await.json()["data"].clone();
    let saved = scene.save_reply(asking).await.json()["data"]["message_id"].clone();
    let targets = format!("{a};{b}");
    let broadcast = scene
        .broadcast(saved.as_str().unwrap(), "2", &targets)
        .await;
    let task = broadcast.json()["data"]["task_id"].clone();

    let request = only(&scene.sim, "oppo", Happening::TokenInvalid);
    let body = read(&request);
    let items = body.as_array().unwrap();
    assert_eq!(items.len(), 4);
    for item in items {
        let mut item = item.clone();
        take_time(&mut item, "eventTime");
        assert_eq!(item["eventType"], "regid_invalid");
        assert_eq!(item["appId"], scene.app().id);
    }
    let of = |id: &Value| items.iter().find(|item| item["messageId"] == *id).unwrap();
    for (target, param) in [(&a, Value::Null), (&b, json!("mine"))] {
        let id = oppo::item(&batch, target)["messageId"].clone();
        let item = of(&id);
        assert_eq!(item["registrationIds"], **target);
        assert_eq!(item["taskId"], id);
        assert_eq!(item["param"], param);
    }
    let item = of(&saved);
    assert_eq!(item["taskId"], task);
    assert_eq!(item["registrationIds"], format!("{a},{b}"));
    assert_eq!(item["param"], "mine");
    assert_eq!(items[0]["param"], "mine");
}

#[tokio::test]
async fn vivo_tells_by_task_with_types_or_in_the_old_way_without() {
    let scene = Scene::open("vivo").await;
    let app = &scene.sim.vivo().unwrap().app;
    let time = now() * 1000;
    let asking = json!({
        "appId": app.id, "appKey": app.key, "timestamp": time,
        "sign": md5(&format!("{}{}{time}{}", app.id, app.key, app.secret)),
    });
    let headers = [("content-type", JSON)];
    let reply = scene
        .post("/message/auth", &headers, asking.to_string())
        .await;
    let token = reply.json()["authToken"].as_str().unwrap().to_owned();
    let headers = [("content-type", JSON), ("authtoken", token.as_str())];
    let message = |request: &str, extra: Value| {
        json!({
            "appId": app.id, "requestId": request, "title": "t", "content": "c", "notifyType": 4,
            "skipType": 1, "category": "IM", "extra": extra,
        })
    };
    let task = |reply: Reply| reply.json()["taskId"].as_str().unwrap().to_owned();
    let url = "https://example.com/vivo";
    let mut single = message("r1", json!({"callback": url, "callback.param": "one"}));
    single["regId"] = scene.live(0).into();
    let single = task(
        scene
            .post("/message/send", &headers, single.to_string())
            .await,
    );
    let list = message("r2", json!({"callback.id": "7", "callback.param": "many"}));
    let list = task(
        scene
            .post("/message/saveListPayload", &headers, list.to_string())
            .await,
    );
    let targets = json!({
        "appId": app.id, "requestId": "r3", "taskId": list,
        "regIds": [scene.live(0), scene.live(1)],
    });
    scene
        .post("/message/pushToList", &headers, targets.to_string())
        .await;

    let mut body = read(&scene.told(Happening::TokenInvalid));
    take_time(&mut body[&single], "ackTime");
    take_time(&mut body[&list], "ackTime");
    let both = format!("{},{}", scene.live(0), scene.live(1));
    let wanted = json!({
        single.clone(): {"targets": scene.live(0), "param": "one", "ackType": "102",
                         "subAckType": "20002"},
        list.clone(): {"targets": both, "param": "many", "ackType": "102", "subAckType": "20002"},
    });
    assert_eq!(body, wanted);

    let older = read(&scene.told(Tell::from(Happening::Delivered).older()));
    let wanted = json!({
        single: {"targets": scene.live(0), "param": "one"},
        list: {"targets": both, "param": "many"},
    });
    assert_eq!(older, wanted);
    let old_mode = Tell::from(Happening::TokenInvalid).older();
    assert!(scene.sim.receipts("vivo", old_mode).is_err());
    scene.has_no(Happening::Clicked);
}

#[tokio::test]
async fn meizu_tells_in_a_form_with_its_access_token() {
    let scene = Scene::open("meizu").await;
    let known = scene.sim.meizu().unwrap();
    let message = json!({
        "noticeBarInfo": {"title": "t", "content": "c"},
        "extra": {"callback": "https://example.com/meizu", "callback.param": "mine"},
    });
    let (a, b) = (scene.live(0), scene.live(1));
    let (app, message, ids) = (
        known.app_id.to_string(),
        message.to_string(),
        format!("{a},{b}"),
    );
    let sign = md5(&format!(
        "appId={app}messageJson={message}pushIds={ids}{}",
        known.app_secret
    ));
    let fields = [
        ("appId", app.as_str()),
        ("messageJson", &message),
        ("pushIds", &ids),
        ("sign", &sign),
    ];
    let path = "/garcia/api/server/push/varnished/pushByPushId";
    let reply = scene.form(path, &[], &fields).await.json();
    assert_eq!(reply["code"], "200", "{reply}");
    let id = reply["msgId"].as_str().unwrap();
    for (happening, kind) in [(Happening::Delivered, 1), (Happening::Clicked, 2)] {
        let fields = pairs(&scene.told(happening));
        let cb: Value = serde_json::from_str(&fields["cb"]).unwrap();
        let key = format!("{id}-{kind}");
        let wanted = json!({ key: {"type": kind, "targets": [a, b], "param": "mine"} });
        assert_eq!(cb, wanted);
        assert_eq!(fields["access_token"], known.receipt_access_token);
    }
    scene.has_no(Happening::TokenInvalid);
}

#[tokio::test]
async fn vendors_without_receipts_and_vendors_that_do_not_run_say_so() {
    let sim = Simulator::builder().vendors(["apns", "fcm"]);
    let sim = sim.start().await.unwrap();
    for vendor in ["apns", "fcm", "honor"] {
        for happening in Happening::ALL {
            assert!(sim.receipts(vendor, happening).is_err(), "{vendor}");
        }
    }
}

/// A server that reads one request and gives this answer; it returns what it read.
async fn server(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/receipts/a?b=c", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut text = String::new();
        // The body is the last thing that a sender writes, and it is JSON.
        while !text.ends_with("]}") {
            let mut buffer = [0; 4096];
            let count = socket.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the whole request comes");
            text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
        socket.write_all(answer.as_bytes()).await.unwrap();
        text
    });
    (url, task)
}

#[tokio::test]
async fn a_receipt_is_posted_and_the_answer_has_to_be_the_vendors() {
    let scene = honor::Scene::open().await;
    scene.send(&scene.message(&[])).await;
    let rows = [
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"code\":\"0\"}",
            "",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"code\":0}",
            "the code",
        ),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "the code"),
        ("HTTP/1.1 204 No Content\r\n\r\n", "204"),
        ("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n", "500"),
    ];
    for (answer, wrong) in rows {
        let (url, task) = server(answer).await;
        let posted = scene
            .sim
            .post_receipts("honor", Happening::Delivered, &url)
            .await;
        let request = task.await.unwrap();
        assert!(
            request.starts_with("POST /receipts/a?b=c HTTP/1.1\r\n"),
            "{request}"
        );
        assert!(request.contains("content-type: application/json"));
        assert!(request.contains(&scene.live(0)));
        match posted {
            Ok(count) => assert_eq!((count, wrong), (1, "")),
            Err(error) => assert!(
                !wrong.is_empty() && error.to_string().contains(wrong),
                "{error}"
            ),
        }
    }
    for url in ["https://127.0.0.1:1/", "receipts", "http://127.0.0.1:1/"] {
        let posted = scene
            .sim
            .post_receipts("honor", Happening::Delivered, url)
            .await;
        assert!(posted.is_err(), "{url}");
    }
}
