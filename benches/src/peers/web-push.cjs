// The npm package `web-push` as a peer of the bench `webpush`: makes one request for each
// subscription, sends none, and prints the CPU time that one took.
"use strict";

const webpush = require("web-push");
const { version } = require("web-push/package.json");

let text = "";
process.stdin.on("data", chunk => { text += chunk; });
process.stdin.on("end", () => {
  const input = JSON.parse(text);
  const subscriptions = input.subscriptions.map(subscription => JSON.parse(subscription));
  const options = {
    TTL: 2419200,
    urgency: "high",
    contentEncoding: "aes128gcm",
    vapidDetails: {
      subject: input.subject,
      publicKey: input.publicKey,
      privateKey: input.privateKey,
    },
  };
  const make = subscription =>
    webpush.generateRequestDetails(subscription, input.payload, options);
  // Once through the compiler.
  subscriptions.slice(0, 500).forEach(make);
  const before = process.cpuUsage();
  subscriptions.forEach(make);
  const { user, system } = process.cpuUsage(before);
  const micros = (user + system) / subscriptions.length;
  process.stdout.write(JSON.stringify({ micros, version }));
});
