/* The table, and what is between it and Go: an instance is a number (a cgo.Handle), never a pointer of Go's. */
#include "table.h"
#include "_cgo_export.h"

static zpns_status describe(zpns_slice *out) {
  static const char json[] =
      "{\"id\":\"com.example.webhook.go\",\"provider\":\"webhook\",\"version\":\"1\",\"abi\":{\"major\":0,\"minor\":1},"
      "\"requires\":[\"" ZPNS_HOST_HTTP "\"],\"secrets\":[\"/secret\"],\"capability\":{\"batch\":100,\"in_flight\":8,"
      "\"kinds\":[\"alert\",\"silent\"],\"fields\":[\"title\",\"body\",\"payload\",\"data\"],\"deduplicates\":true}}";
  *out = slice(json, sizeof json - 1);
  return ZPNS_OK;
}

static zpns_status create(zpns_slice json, const zpns_host_api *host, void **instance, const zpns_sink *error) {
  const uintptr_t made = goCreate(json, (zpns_host_api *)host, (zpns_sink *)error);
  if (made == 0) return ZPNS_FAILED;
  *instance = (void *)made;
  return ZPNS_OK;
}

static zpns_status send_batch(void *instance, const zpns_call *call) { return goSend((uintptr_t)instance, (zpns_call *)call); }
static void cancel(void *instance, uint64_t id) { goCancel((uintptr_t)instance, id); }
static zpns_status shut_down(void *instance, uint64_t id, uint64_t grace_ms) { return goShutdown((uintptr_t)instance, id, grace_ms); }
static void destroy(void *instance) { goDestroy((uintptr_t)instance); }

static void answered(void *user, uint64_t id, zpns_status status, const zpns_http_response *response) {
  goAnswered((uintptr_t)user, id, status, (zpns_http_response *)response);
}

zpns_status host_post(const zpns_host_api *host, const zpns_host_http *http, uint64_t id, uint64_t timeout_ms, zpns_slice url,
                      zpns_slice signature, zpns_slice body, uintptr_t instance) {
  const zpns_header headers[] = {{slice("content-type", 12), slice("application/json", 16)}, {slice("x-signature", 11), signature}};
  const zpns_http_request request = {sizeof request, 0, 0, timeout_ms, slice("POST", 4), url, headers, 2, body};
  return http->request(host->ctx, id, &request, (void *)instance, answered);
}

static void closed(void *user, uint64_t id, zpns_status status, const zpns_http_response *response) {
  (void)status, (void)response;
  goClosed((uintptr_t)user, id);
}

zpns_status host_close(const zpns_host_api *host, const zpns_host_http *http, uint64_t id, uint64_t grace_ms, uintptr_t instance) {
  return http->close(host->ctx, 0, id, grace_ms, (void *)instance, closed);
}

ZPNS_EXPORT const zpns_plugin_api *zpns_plugin_v0(uint32_t host_abi_minor) {
  static const zpns_plugin_api api = {sizeof api, ZPNS_ABI_MAJOR, ZPNS_ABI_MINOR, describe, create, send_batch, cancel, shut_down, destroy, NULL};
  return host_abi_minor >= 1 ? &api : NULL;
}
