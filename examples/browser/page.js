// A page that subscribes, as a real one does, and decrypts what is pushed by itself.
//
// `pushManager.subscribe` asks the push service of the browser's maker for an endpoint. Where that
// cannot be reached, the page makes the keys of a subscription by itself, in the browser's own
// cryptography, and the simulated push service gives the endpoint.
const base64url = bytes =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const bytes = text =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), c => c.charCodeAt(0));
const text = string => new TextEncoder().encode(string);
const joined = (...parts) => new Uint8Array(parts.flatMap(part => [...new Uint8Array(part)]));

async function hkdf(salt, secret, info, length) {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt, info };
  return crypto.subtle.deriveBits(how, key, 8 * length);
}

// RFC 8291 and RFC 8188, written from the texts.
async function decrypted(body, pair, auth) {
  const salt = body.slice(0, 16);
  const idLength = body[20];
  const sender = body.slice(21, 21 + idLength);
  const record = body.slice(21 + idLength);
  const own = await crypto.subtle.exportKey("raw", pair.publicKey);
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = await crypto.subtle.importKey("raw", sender, curve, false, []);
  const how = { name: "ECDH", public: theirs };
  const shared = await crypto.subtle.deriveBits(how, pair.privateKey, 256);
  const secret = await hkdf(auth, shared, joined(text("WebPush: info\0"), own, sender), 32);
  const raw = await hkdf(salt, secret, text("Content-Encoding: aes128gcm\0"), 16);
  const iv = await hkdf(salt, secret, text("Content-Encoding: nonce\0"), 12);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
  const padded = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, record));
  const end = padded.findLastIndex(byte => byte !== 0);
  if (padded[end] !== 2) throw new Error("the last record does not end in 2 and zeros");
  return new TextDecoder().decode(padded.slice(0, end));
}

async function post(path, value) {
  const answer = await fetch(path, { method: "POST", body: JSON.stringify(value) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.text();
}

async function run() {
  const key = await (await fetch("/key")).text();
  await navigator.serviceWorker.register("/worker.js");
  const registration = await navigator.serviceWorker.ready;
  let real = "subscribed at the push service of the browser's maker";
  try {
    const how = { userVisibleOnly: true, applicationServerKey: bytes(key) };
    const late = new Promise((_, fail) => setTimeout(
      () => fail(new Error("the push service of the browser's maker does not answer")), 5000));
    await Promise.race([registration.pushManager.subscribe(how), late]);
  } catch (error) {
    real = `${error.name}: ${error.message}`;
  }
  const pair = await crypto.subtle.generateKey(
    { name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const auth = crypto.getRandomValues(new Uint8Array(16));
  const keys = {
    p256dh: base64url(await crypto.subtle.exportKey("raw", pair.publicKey)),
    auth: base64url(auth),
  };
  // The simulated push service opens what it is handed, to check it; a real one cannot.
  const { d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const body = await post("/subscribe", { real, keys, private_key: d });
  await post("/decrypted", { text: await decrypted(bytes(body), pair, auth) });
}

run().catch(error => post("/failed", { error: `${error.name}: ${error.message}` }));
