/*
 * zpns plugin ABI 0.1: a vendor's channel as a shared library.
 *
 * A plugin runs inside its host with all of the host's rights. This is not a security boundary.
 *
 * The rules, in short (the JSON is that of plugin-api/src/json):
 *
 *   Memory    No owned memory crosses. A zpns_slice is borrowed for the length of the call that it is
 *             passed to, with these exceptions: `body` and `traceparent` of a zpns_call stay valid until
 *             complete() for that id has returned; tables, and the bytes of describe(), until the
 *             process ends. Texts are UTF-8 and do not end in NUL.
 *   Threads   [any] may be called from every thread at once, and returns promptly (about 1 ms: no
 *             network, no join). [alone] is called alone, last, from a thread that may block.
 *   Calls     Are named by integers. A call that was taken (ZPNS_OK) is completed exactly once, by
 *             complete(); perhaps before send() has returned. One that was refused is not completed.
 *             Never hold a lock while calling complete(): the host may call send() from within.
 *   Panics    Nothing may unwind (no C++ exception, no longjmp) across a function of this header.
 *   Growth    Fields are only ever appended. Use a field of a table if struct_size covers it and it
 *             is not NULL. In JSON, ignore what you do not know.
 *   Process   A library is never unloaded. Neither load nor call one after fork() without exec().
 */
#ifndef ZPNS_PLUGIN_H
#define ZPNS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ZPNS_ABI_MAJOR 0
#define ZPNS_ABI_MINOR 1

#if defined(_WIN32)
#define ZPNS_EXPORT __declspec(dllexport)
#else
#define ZPNS_EXPORT __attribute__((visibility("default")))
#endif

/* Borrowed bytes. ptr may be NULL only if len is 0. */
typedef struct zpns_slice {
  const uint8_t *ptr;
  size_t len;
} zpns_slice;

/* Takes bytes out of a callee, once or not at all; nobody frees anything. */
typedef struct zpns_sink {
  void *ctx;
  void (*put)(void *ctx, zpns_slice bytes);
} zpns_sink;

typedef int32_t zpns_status; /* an unknown value means ZPNS_INTERNAL */
enum {
  ZPNS_OK = 0,
  ZPNS_FAILED = 1,           /* the result is zpns.error/1 */
  ZPNS_CANCELLED = 2,        /* does not mean "not sent" */
  ZPNS_PANICKED = 3,
  ZPNS_CLOSED = 4,           /* shutting down */
  ZPNS_INVALID_ARGUMENT = 5,
  ZPNS_UNSUPPORTED = 6,
  ZPNS_INTERNAL = 7
};

enum { ZPNS_LOG_OFF = 0, ZPNS_LOG_ERROR = 1, ZPNS_LOG_WARN = 2, ZPNS_LOG_INFO = 3, ZPNS_LOG_DEBUG = 4, ZPNS_LOG_TRACE = 5 };

enum { ZPNS_METRIC_COUNTER = 0, ZPNS_METRIC_GAUGE = 1, ZPNS_METRIC_HISTOGRAM = 2 };

/* What the host offers: one table per instance, valid until the process ends. All [any]; harmless
 * and without effect after destroy(). */
typedef struct zpns_host_api {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  void *ctx; /* the first argument of every function below */
  void (*complete)(void *ctx, uint64_t call_id, zpns_status status, zpns_slice result);
  int32_t (*log_level)(void *ctx); /* the most verbose level that is wanted; may change */
  void (*log)(void *ctx, int32_t level, zpns_slice target, zpns_slice message, zpns_slice fields_json);
  void (*metric)(void *ctx, int32_t kind, zpns_slice name, zpns_slice labels_json, double value);
  uint64_t (*unix_time_ms)(void *ctx);
  uint64_t (*monotonic_ns)(void *ctx);
  const void *(*get_extension)(void *ctx, zpns_slice id); /* a static table, or NULL */
} zpns_host_api;

/* One batch to send. Valid during send(); body and traceparent until complete() has returned. */
typedef struct zpns_call {
  uint32_t struct_size;
  uint32_t flags; /* 0 */
  uint64_t call_id;
  uint64_t timeout_ms; /* from now; 0 = none */
  zpns_slice traceparent; /* W3C, or empty */
  zpns_slice body;        /* zpns.send/1 */
} zpns_call;

/* What a plugin is: a static, immutable table, valid until the process ends. */
typedef struct zpns_plugin_api {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* [any] Static zpns.descriptor/1. */
  zpns_status (*describe)(zpns_slice *out);
  /* [any] Makes an instance of zpns.create/1, without a connection. On another status than ZPNS_OK the
   * error (zpns.error/1) goes to error_json, and nothing to *instance. */
  zpns_status (*create)(zpns_slice create_json, const zpns_host_api *host, void **instance, const zpns_sink *error_json);
  /* [any] Takes a batch: completed with ZPNS_OK and zpns.report/1, or with ZPNS_FAILED and zpns.error/1.
   * Refuses with ZPNS_CLOSED, ZPNS_INVALID_ARGUMENT or ZPNS_UNSUPPORTED only. */
  zpns_status (*send)(void *instance, const zpns_call *call);
  /* [any] A hint, after send() has returned, at most once: the call is still to be completed, with
   * ZPNS_CANCELLED or its true result. An unknown or finished id is no error. */
  void (*cancel)(void *instance, uint64_t call_id);
  /* [any] Refuses new calls, finishes or cancels the rest within grace_ms, then completes call_id with
   * ZPNS_OK. */
  zpns_status (*shutdown)(void *instance, uint64_t call_id, uint64_t grace_ms);
  /* [alone] May block. */
  void (*destroy)(void *instance);
  /* [any] A static table, or NULL. */
  const void *(*get_extension)(zpns_slice id);
} zpns_plugin_api;

/* The only symbol a plugin exports. [alone], may be called again. NULL if the host is too old. */
ZPNS_EXPORT const zpns_plugin_api *zpns_plugin_v0(uint32_t host_abi_minor);

/* ---- Extensions of plugins, all optional, from zpns_plugin_api.get_extension --------------------- */

#define ZPNS_PLUGIN_PROVIDER "zpns.plugin.provider/1"
typedef struct zpns_plugin_provider {
  uint32_t struct_size;
  uint32_t reserved;
  /* [any] Puts zpns.info/1: what this instance is and can do. It beats the descriptor. */
  zpns_status (*info)(void *instance, const zpns_sink *info_json);
  /* [any] Whether the credentials work; reaches no device. Completed with ZPNS_OK and zpns.check/1, or
   * with ZPNS_FAILED and zpns.error/1. Can be cancelled like send(). */
  zpns_status (*check)(void *instance, uint64_t call_id, uint64_t timeout_ms);
  /* [any] Which of the vendor's parts a token belongs to; always the same for the same token. Called
   * for every target. */
  uint8_t (*partition)(void *instance, zpns_slice token);
} zpns_plugin_provider;

/* ---- Extensions of hosts, from zpns_host_api.get_extension --------------------------------------- */

typedef struct zpns_header {
  zpns_slice name;
  zpns_slice value;
} zpns_header;

/* Borrowed during request(). */
typedef struct zpns_http_request {
  uint32_t struct_size;
  uint32_t flags;      /* 0 */
  uint64_t client;     /* from open(); 0 = made from the connection in zpns.create/1 */
  uint64_t timeout_ms; /* to the last byte of the answer; 0 = the connection's time-out */
  zpns_slice method;
  zpns_slice url;      /* absolute */
  const zpns_header *headers; /* all but host and content-length */
  size_t header_count;
  zpns_slice body;
} zpns_http_request;

/* Borrowed during done(). */
typedef struct zpns_http_response {
  uint32_t struct_size;
  uint32_t status; /* of HTTP; 0 if there is no whole answer */
  const zpns_header *headers;
  size_t header_count;
  zpns_slice body;
  zpns_slice error_json; /* zpns.http_error/1, if there is no whole answer */
} zpns_http_response;

/* [any] The end of a request, exactly once: ZPNS_OK with a response; ZPNS_FAILED with a response that
 * holds error_json; ZPNS_CANCELLED, with response NULL. Perhaps before request() has returned. Must
 * return promptly. */
typedef void (*zpns_http_done)(void *user, uint64_t request_id, zpns_status status, const zpns_http_response *response);

/* The host's HTTP: its proxy, roots, connection pools and limits, and the simulator in tests. Ids are
 * chosen by the plugin, unique within the instance. */
#define ZPNS_HOST_HTTP "zpns.host.http/1"
typedef struct zpns_host_http {
  uint32_t struct_size;
  uint32_t reserved;
  /* A client made to zpns.http_options/1; 0, and zpns.http_error/1 to error_json, if it cannot be. */
  uint64_t (*open)(void *ctx, zpns_slice options_json, const zpns_sink *error_json);
  zpns_status (*request)(void *ctx, uint64_t request_id, const zpns_http_request *request, void *user, zpns_http_done done);
  void (*cancel)(void *ctx, uint64_t request_id);
  /* Takes the present connections of a client out of use. */
  void (*renew)(void *ctx, uint64_t client);
  /* Refuses new requests of a client, lets the rest finish for up to grace_ms; then done with ZPNS_OK
   * and response NULL. */
  zpns_status (*close)(void *ctx, uint64_t client, uint64_t request_id, uint64_t grace_ms, void *user, zpns_http_done done);
} zpns_host_http;

/* [any] The end of a timer, exactly once: ZPNS_OK when the time has passed, or ZPNS_CANCELLED. Must
 * return promptly. */
typedef void (*zpns_timer_done)(void *user, uint64_t timer_id, zpns_status status);

/* Timers on the host's clock, which a test can move. Ids as above. */
#define ZPNS_HOST_TIMER "zpns.host.timer/1"
typedef struct zpns_host_timer {
  uint32_t struct_size;
  uint32_t reserved;
  zpns_status (*start)(void *ctx, uint64_t timer_id, uint64_t delay_ns, void *user, zpns_timer_done done);
  void (*cancel)(void *ctx, uint64_t timer_id);
} zpns_host_timer;

#ifdef __cplusplus
}
#endif
#endif
