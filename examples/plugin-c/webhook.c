/* A signed JSON webhook as a channel of zpns, in C, with nothing but the header and the C library:
 *
 *   cc -std=c11 -O2 -fPIC -shared -fvisibility=hidden -I plugin-api/include webhook.c -o libwebhook.so
 *
 * The server is that of examples/plugin-rust. No JSON is parsed that need not be: the batch goes out as
 * it came in, and of the answer the words in "verdicts" are read. A call has no memory of its own: its
 * number is that of its HTTP request. */
#include "hmac.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zpns_plugin.h>

typedef struct hook {
  const zpns_host_api *host;
  const zpns_host_http *http;
  char *url, *secret;
} hook;

/* What the server says of a target, and what zpns says of it (zpns.report/1). */
static const struct { const char *word, *outcome; } VERDICTS[] = {
    {"ok", "\"outcome\":\"accepted\""},
    {"gone", "\"outcome\":\"rejected\",\"kind\":\"token_invalid\",\"token\":{\"drop\":{}},\"reason\":\"the device is gone\",\"vendor\":{\"code\":\"gone\"}"},
    {"muted", "\"outcome\":\"rejected\",\"kind\":\"muted\",\"reason\":\"the server refused it\",\"vendor\":{\"code\":\"muted\"}"},
    {"refused", "\"outcome\":\"rejected\",\"kind\":\"message_invalid\",\"reason\":\"the server refused it\",\"vendor\":{\"code\":\"refused\"}"},
    {"busy", "\"outcome\":\"failed\",\"kind\":\"unavailable\",\"retry\":{\"mode\":\"backoff\"},\"sent\":\"no\",\"message\":\"the server is busy\",\"vendor\":{\"code\":\"busy\"}"},
};

/* What another status than 200 means for the whole batch (zpns.error/1). 0 is every other one. */
static const struct { uint32_t status; const char *error; } STATUSES[] = {
    {401, "{\"kind\":\"credential_invalid\",\"message\":\"the server answered 401\",\"sent\":\"no\",\"vendor\":{\"code\":\"401\",\"http_status\":401}}"},
    {429, "{\"kind\":\"rate_limited\",\"message\":\"the server answered 429\",\"retry\":{\"mode\":\"backoff\"},\"sent\":\"no\"}"},
    {503, "{\"kind\":\"unavailable\",\"message\":\"the server answered 503\",\"retry\":{\"mode\":\"backoff\"},\"sent\":\"no\"}"},
    {0, "{\"kind\":\"protocol\",\"message\":\"the server's answer is none of ours\",\"sent\":\"maybe\"}"},
};
static const char *LOST[] = {"{\"kind\":\"unavailable\",\"message\":\"no answer came\",\"retry\":{\"mode\":\"backoff\"},\"sent\":\"maybe\"}",
                             "{\"kind\":\"unavailable\",\"message\":\"the server was not reached\",\"retry\":{\"mode\":\"backoff\"},\"sent\":\"no\"}"};

static zpns_slice text(const char *s) { return (zpns_slice){(const uint8_t *)s, strlen(s)}; }

static const char *find(const char *in, const char *end, const char *what) {
  size_t n = strlen(what);
  for (; in && (size_t)(end - in) >= n; in++)
    if (memcmp(in, what, n) == 0) return in + n;
  return NULL;
}

/* The text that stands in `in` after `"key":"`, as a copy; NULL if there is none, or one with escapes. */
static char *string(const char *in, const char *end, const char *key) {
  const char *from = find(in, end, key), *to = from;
  while (to && to < end && *to != '"' && *to != '\\') to++;
  if (!to || to == from || to == end || *to == '\\') return NULL;
  char *copy = calloc(1, (size_t)(to - from) + 1);
  return copy ? memcpy(copy, from, (size_t)(to - from)) : NULL;
}

static zpns_status describe(zpns_slice *out) {
  *out = text("{\"id\":\"com.example.webhook.c\",\"provider\":\"webhook\",\"version\":\"1\",\"abi\":{\"major\":0,\"minor\":1},"
              "\"requires\":[\"" ZPNS_HOST_HTTP "\"],\"secrets\":[\"/secret\"],\"capability\":{\"batch\":100,\"in_flight\":8,"
              "\"kinds\":[\"alert\",\"silent\"],\"fields\":[\"title\",\"body\",\"payload\",\"data\"],\"deduplicates\":true}}");
  return ZPNS_OK;
}

static void destroy(void *instance) {
  hook *self = instance;
  free(self->url);
  free(self->secret);
  free(self);
}

static zpns_status create(zpns_slice json, const zpns_host_api *host, void **instance, const zpns_sink *error) {
  const char *end = (const char *)json.ptr + json.len, *config = find((const char *)json.ptr, end, "\"config\":{");
  hook *self = calloc(1, sizeof *self);
  if (!self) return ZPNS_INTERNAL;
  *self = (hook){host, host->get_extension(host->ctx, text(ZPNS_HOST_HTTP)), string(config, end, "\"url\":\""),
                 string(config, end, "\"secret\":\"")};
  if (self->http && self->url && self->secret && strncmp(self->url, "https://", 8) == 0) return *instance = self, ZPNS_OK;
  destroy(self);
  error->put(error->ctx, text("{\"kind\":\"message_invalid\",\"message\":\"`url` (https) and `secret` are needed, as plain texts\"}"));
  return ZPNS_FAILED;
}

static void complete(hook *self, uint64_t id, zpns_status status, const char *result) {
  self->host->complete(self->host->ctx, id, status, text(result));
}

/* {"verdicts":["ok","gone"]} -> {"outcomes":[{"i":0,...},{"i":1,...}]}. A word that is none of ours is left out, and so is a target
 * that has none: the host calls that a protocol failure which may have been sent. */
static void report(hook *self, uint64_t id, zpns_slice body) {
  const char *end = (const char *)body.ptr + body.len, *at = find((const char *)body.ptr, end, "\"verdicts\":[");
  size_t room = 64 + body.len * 64, used = 14, i = 0; /* an outcome is 200 bytes at the most, a word with its quotes 4 at the least */
  char *json = malloc(room);
  if (!json) {
    complete(self, id, ZPNS_INTERNAL, "");
    return;
  }
  memcpy(json, "{\"outcomes\":[ ", 14);
  for (const char *quote; at && at < end && *at == '"' && (quote = memchr(at + 1, '"', (size_t)(end - at - 1))); i++) {
    size_t n = (size_t)(quote - at - 1);
    for (size_t v = 0; v < sizeof VERDICTS / sizeof *VERDICTS; v++)
      if (strlen(VERDICTS[v].word) == n && memcmp(VERDICTS[v].word, at + 1, n) == 0)
        used += (size_t)snprintf(json + used, room - used, "{\"i\":%zu,%s},", i, VERDICTS[v].outcome);
    for (at = quote + 1; at < end && (*at == ',' || *at == ' '); at++) {}
  }
  used += (size_t)snprintf(json + used - 1, room - used, "]}") - 1; /* over the last comma */
  self->host->complete(self->host->ctx, id, ZPNS_OK, (zpns_slice){(const uint8_t *)json, used});
  free(json);
}

static void answered(void *user, uint64_t id, zpns_status status, const zpns_http_response *response) {
  size_t row = 0;
  if (status == ZPNS_OK && response->status == 200) {
    report(user, id, response->body);
  } else if (status == ZPNS_OK) {
    while (STATUSES[row].status != 0 && STATUSES[row].status != response->status) row++;
    complete(user, id, ZPNS_FAILED, STATUSES[row].error);
  } else if (status == ZPNS_FAILED) {
    const char *said = (const char *)response->error_json.ptr;
    complete(user, id, ZPNS_FAILED, LOST[find(said, said + response->error_json.len, "\"sent\":\"no\"") != NULL]);
  } else {
    complete(user, id, ZPNS_CANCELLED, "");
  }
}

static zpns_status send_batch(void *instance, const zpns_call *call) {
  hook *self = instance;
  char signature[8 + 64] = "sha256=";
  hmac_sha256_hex(self->secret, strlen(self->secret), call->body.ptr, call->body.len, signature + 7);
  zpns_header headers[] = {{text("content-type"), text("application/json")}, {text("x-signature"), text(signature)}};
  zpns_http_request request = {sizeof request, 0, 0, call->timeout_ms, text("POST"), text(self->url), headers, 2, call->body};
  zpns_status taken = self->http->request(self->host->ctx, call->call_id, &request, self, answered);
  return taken == ZPNS_OK ? ZPNS_OK : ZPNS_CLOSED;
}

static void cancel(void *instance, uint64_t id) { ((hook *)instance)->http->cancel(((hook *)instance)->host->ctx, id); }

static void closed(void *user, uint64_t id, zpns_status status, const zpns_http_response *response) {
  (void)status, (void)response;
  complete(user, id, ZPNS_OK, "");
}

static zpns_status shut_down(void *instance, uint64_t id, uint64_t grace_ms) {
  hook *self = instance; /* client 0, our only one: new requests are refused, the rest finish */
  return self->http->close(self->host->ctx, 0, id, grace_ms, self, closed);
}

ZPNS_EXPORT const zpns_plugin_api *zpns_plugin_v0(uint32_t host_abi_minor) {
  static const zpns_plugin_api api = {sizeof api, ZPNS_ABI_MAJOR, ZPNS_ABI_MINOR, describe, create, send_batch, cancel, shut_down, destroy, NULL};
  return host_abi_minor >= 1 ? &api : NULL;
}
