/* What Go cannot do itself: call functions by pointer, and hand out a table of them. */
#ifndef WEBHOOK_TABLE_H
#define WEBHOOK_TABLE_H

#include <zpns_plugin.h>

static inline zpns_slice slice(const void *bytes, size_t length) { return (zpns_slice){bytes, length}; }

static inline const zpns_host_http *host_http(const zpns_host_api *host) {
  return host->get_extension(host->ctx, slice(ZPNS_HOST_HTTP, sizeof ZPNS_HOST_HTTP - 1));
}

static inline void host_complete(const zpns_host_api *host, uint64_t id, zpns_status status, const void *json, size_t length) {
  host->complete(host->ctx, id, status, slice(json, length));
}

static inline void sink_put(const zpns_sink *sink, const void *json, size_t length) { sink->put(sink->ctx, slice(json, length)); }

/* Implemented in table.c. */
zpns_status host_post(const zpns_host_api *host, const zpns_host_http *http, uint64_t id, uint64_t timeout_ms, zpns_slice url,
                      zpns_slice signature, zpns_slice body, uintptr_t instance);
zpns_status host_close(const zpns_host_api *host, const zpns_host_http *http, uint64_t id, uint64_t grace_ms, uintptr_t instance);
static inline void host_cancel(const zpns_host_api *host, const zpns_host_http *http, uint64_t id) { http->cancel(host->ctx, id); }

#endif
