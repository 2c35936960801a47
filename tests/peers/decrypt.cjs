// Decrypts a Web Push with what is not ours: the npm package `http_ece` where node finds it
// (`NODE_PATH`), else node's own cryptography, by the texts of RFC 8291 and RFC 8188.
"use strict";

const crypto = require("node:crypto");

const bytes = text => Buffer.from(text, "base64url");
const hkdf = (secret, salt, info, length) =>
  Buffer.from(crypto.hkdfSync("sha256", secret, salt, info, length));

function byThePackage(body, key, auth) {
  const ece = require("http_ece");
  const { version } = require("http_ece/package.json");
  const how = { version: "aes128gcm", privateKey: key, authSecret: auth.toString("base64url") };
  return { by: `http_ece ${version}`, text: ece.decrypt(body, how).toString() };
}

function byTheTexts(body, key, auth) {
  const salt = body.subarray(0, 16);
  const sender = body.subarray(21, 21 + body[20]);
  const record = body.subarray(21 + body[20]);
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), key.getPublicKey(), sender]);
  const secret = hkdf(key.computeSecret(sender), auth, info, 32);
  const content = hkdf(secret, salt, "Content-Encoding: aes128gcm\0", 16);
  const nonce = hkdf(secret, salt, "Content-Encoding: nonce\0", 12);
  const cipher = crypto.createDecipheriv("aes-128-gcm", content, nonce);
  cipher.setAuthTag(record.subarray(-16));
  const padded = Buffer.concat([cipher.update(record.subarray(0, -16)), cipher.final()]);
  const end = padded.findLastIndex(byte => byte !== 0);
  if (padded[end] !== 2) throw new Error("the last record does not end in 2 and zeros");
  return { by: `node ${process.versions.node}`, text: padded.subarray(0, end).toString() };
}

const input = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const key = crypto.createECDH("prime256v1");
key.setPrivateKey(bytes(input.private_key));
const given = [bytes(input.body), key, bytes(input.auth)];
let read;
try {
  read = byThePackage(...given);
} catch (error) {
  if (error.code !== "MODULE_NOT_FOUND") throw error;
  read = byTheTexts(...given);
}
process.stdout.write(JSON.stringify(read));
