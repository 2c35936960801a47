/* A plugin that breaks every rule it can, as the title of the message says. Only the header and the
 * C library. What it is told is reported as metrics, so that a test can wait for it. */
#include "zpns_plugin.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef DESCRIPTOR
#define DESCRIPTOR \
  "{\"id\":\"com.example.hostile\",\"provider\":\"hostile\",\"version\":\"1\"," \
  "\"capability\":{\"batch\":10,\"kinds\":[\"alert\"],\"fields\":[\"title\",\"body\"]}," \
  "\"secrets\":[\"/key\"]}"
#endif
#ifndef MAJOR
#define MAJOR ZPNS_ABI_MAJOR
#endif
#ifndef SIZE
#define SIZE sizeof(zpns_plugin_api)
#endif

#define HELD 64

typedef struct instance {
  const zpns_host_api *host;
  char gate[512];
  uint64_t held[HELD];
  const uint8_t *bodies[HELD];
  size_t lengths[HELD];
  int count;
} instance;

static zpns_slice text(const char *s) { return (zpns_slice){(const uint8_t *)s, strlen(s)}; }

static int has(zpns_slice in, const char *what) {
  size_t n = strlen(what);
  for (size_t i = 0; i + n <= in.len; i++)
    if (memcmp(in.ptr + i, what, n) == 0) return 1;
  return 0;
}

static void told(instance *self, const char *event, double value) {
  self->host->metric(self->host->ctx, ZPNS_METRIC_COUNTER, text(event), text("{}"), value);
}

static void complete(instance *self, uint64_t id, zpns_status status, const char *result) {
  self->host->complete(self->host->ctx, id, status, text(result));
}

#define ACCEPTED "{\"rest\":{\"outcome\":\"accepted\"}}"

/* Waits until somebody opens the gate, a named pipe, for writing. */
static void wait_at_gate(instance *self) {
  int gate = open(self->gate, O_RDONLY);
  if (gate >= 0) close(gate);
}

static void *flood(void *argument) {
  instance *self = argument;
  for (uint64_t id = 0; id < 2000; id++) complete(self, id, ZPNS_OK, ACCEPTED);
  told(self, "flooded", 2000);
  return NULL;
}

static void *after_destroy(void *argument) {
  instance *self = argument;
  wait_at_gate(self);
  for (uint64_t id = 0; id < 100; id++) complete(self, id, ZPNS_OK, ACCEPTED);
  self->host->log(self->host->ctx, ZPNS_LOG_ERROR, text("c"), text("still here"), text("{}"));
  self->host->unix_time_ms(self->host->ctx);
  self->host->monotonic_ns(self->host->ctx);
  const zpns_host_timer *timer = self->host->get_extension(self->host->ctx, text(ZPNS_HOST_TIMER));
  if (timer->start(self->host->ctx, 1, 1, NULL, NULL) == ZPNS_OK) abort();
  const zpns_host_http *http = self->host->get_extension(self->host->ctx, text(ZPNS_HOST_HTTP));
  if (http->request(self->host->ctx, 1, NULL, NULL, NULL) == ZPNS_OK) abort();
  strcat(self->gate, ".over"); /* the test sees that it came so far */
  wait_at_gate(self);
  return NULL;
}

static void thread(void *(*run)(void *), instance *self) {
  pthread_t id;
  if (pthread_create(&id, NULL, run, self) == 0) pthread_detach(id);
}

static void http_done(void *user, uint64_t id, zpns_status status, const zpns_http_response *response) {
  instance *self = user;
  (void)id;
  if (status != ZPNS_OK) {
    told(self, "http status", status);
    complete(self, self->held[0], ZPNS_FAILED,
             "{\"kind\":\"unavailable\",\"message\":\"no answer\",\"sent\":\"no\"}");
    return;
  }
  told(self, "http answer", response->status);
  complete(self, self->held[0], ZPNS_OK, response->status == 200 ? ACCEPTED : "{}");
}

static zpns_status request(instance *self, const char *url, size_t headers) {
  static const zpns_header list[1] = {{{(const uint8_t *)"x-who", 5}, {(const uint8_t *)"c", 1}}};
  const zpns_host_http *http = self->host->get_extension(self->host->ctx, text(ZPNS_HOST_HTTP));
  zpns_http_request request = {sizeof request, 0,    0,       0,         text("POST"),
                               text(url),      list, headers, text("{}")};
  return http->request(self->host->ctx, 7, &request, self, http_done);
}

static void timer_done(void *user, uint64_t id, zpns_status status) {
  instance *self = user;
  told(self, "timer", status);
  complete(self, id, ZPNS_OK, ACCEPTED);
}

static zpns_status on_send(void *pointer, const zpns_call *call) {
  instance *self = pointer;
  const uint64_t id = call->call_id;
  told(self, "send", (double)call->timeout_ms);
  if (has(call->body, "\"title\":\"double\"")) {
    complete(self, id, ZPNS_OK, ACCEPTED);
    complete(self, id, ZPNS_OK, "{\"rest\":{\"outcome\":\"rejected\",\"kind\":\"token_invalid\",\"token\":{\"drop\":{}}}}");
  } else if (has(call->body, "\"title\":\"forged\"")) {
    for (uint64_t forged = id + 1; forged < id + 500; forged++) complete(self, forged, ZPNS_OK, ACCEPTED);
    complete(self, 0, ZPNS_OK, ACCEPTED);
    complete(self, UINT64_MAX, ZPNS_OK, ACCEPTED);
    complete(self, id, ZPNS_OK, ACCEPTED);
  } else if (has(call->body, "\"title\":\"flood\"")) {
    thread(flood, self);
    complete(self, id, ZPNS_OK, ACCEPTED);
  } else if (has(call->body, "\"title\":\"hold\"")) {
    if (self->count < HELD) {
      self->held[self->count] = id;
      self->bodies[self->count] = call->body.ptr;
      self->lengths[self->count++] = call->body.len;
    }
  } else if (has(call->body, "\"title\":\"release\"")) {
    for (int i = 0; i < self->count; i++) {
      uint64_t sum = 0; /* the body must still be there */
      for (size_t at = 0; at < self->lengths[i]; at++) sum += self->bodies[i][at];
      complete(self, self->held[i], sum ? ZPNS_OK : ZPNS_FAILED, ACCEPTED);
      complete(self, self->held[i], ZPNS_OK, ACCEPTED);
    }
    self->count = 0;
    complete(self, id, ZPNS_OK, ACCEPTED);
  } else if (has(call->body, "\"title\":\"never\"")) {
  } else if (has(call->body, "\"title\":\"null\"")) {
    self->host->complete(self->host->ctx, id, ZPNS_OK, (zpns_slice){NULL, 5});
  } else if (has(call->body, "\"title\":\"empty\"")) {
    self->host->complete(self->host->ctx, id, ZPNS_OK, (zpns_slice){NULL, 0});
  } else if (has(call->body, "\"title\":\"huge\"")) {
    size_t length = (size_t)9 << 20;
    char *huge = malloc(length);
    memset(huge, ' ', length);
    self->host->complete(self->host->ctx, id, ZPNS_OK, (zpns_slice){(uint8_t *)huge, length});
    free(huge);
  } else if (has(call->body, "\"title\":\"lying\"")) {
    self->host->complete(self->host->ctx, id, ZPNS_OK, (zpns_slice){(const uint8_t *)"x", SIZE_MAX});
  } else if (has(call->body, "\"title\":\"nonsense\"")) {
    complete(self, id, ZPNS_OK, "\xff\xfe{{{ no JSON");
  } else if (has(call->body, "\"title\":\"deep\"")) {
    static char deep[100001];
    memset(deep, '[', 100000);
    complete(self, id, ZPNS_OK, deep);
  } else if (has(call->body, "\"title\":\"positions\"")) {
    complete(self, id, ZPNS_OK,
             "{\"outcomes\":[{\"i\":0,\"outcome\":\"accepted\"},"
             "{\"i\":1,\"outcome\":\"accepted\"},{\"i\":1,\"outcome\":\"rejected\",\"kind\":\"token_invalid\",\"token\":{\"drop\":{}}},"
             "{\"i\":99,\"outcome\":\"accepted\"}]}");
  } else if (has(call->body, "\"title\":\"timeless\"")) {
    complete(self, id, ZPNS_OK, "{\"rest\":{\"outcome\":\"rejected\",\"kind\":\"timeout\",\"token\":{\"drop\":{}}}}");
  } else if (has(call->body, "\"title\":\"status\"")) {
    complete(self, id, 4711, ACCEPTED);
  } else if (has(call->body, "\"title\":\"failed\"")) {
    complete(self, id, ZPNS_FAILED, "{\"kind\":\"rate_limited\",\"message\":\"slow down, hunter2-hunter2\",\"sent\":\"no\"}");
  } else if (has(call->body, "\"title\":\"talks\"")) {
    complete(self, id, ZPNS_OK, "{\"rest\":{\"outcome\":\"rejected\",\"kind\":\"muted\",\"reason\":\"key hunter2-hunter2\"}}");
  } else if (has(call->body, "\"title\":\"panics later\"")) {
    complete(self, id, ZPNS_PANICKED, "");
  } else if (has(call->body, "\"title\":\"panics\"")) {
    return ZPNS_PANICKED;
  } else if (has(call->body, "\"title\":\"refuses\"")) {
    return ZPNS_CLOSED;
  } else if (has(call->body, "\"title\":\"completes and refuses\"")) {
    complete(self, id, ZPNS_OK, ACCEPTED);
    return ZPNS_INVALID_ARGUMENT;
  } else if (has(call->body, "\"title\":\"blocks\"")) {
    wait_at_gate(self);
    complete(self, id, ZPNS_OK, ACCEPTED);
  } else if (has(call->body, "\"title\":\"garbage\"")) {
    static char huge[1 << 20];
    memset(huge, 'x', sizeof huge - 1);
    const zpns_slice nothing = {NULL, 77};
    self->host->log(self->host->ctx, -5, nothing, text("\xff"), nothing);
    self->host->log(self->host->ctx, 99, text(huge), text(huge), text(huge));
    self->host->metric(self->host->ctx, 99, nothing, nothing, 0.0 / 1.0);
    self->host->get_extension(self->host->ctx, nothing);
    self->host->get_extension(self->host->ctx, text("zpns.host.nothing/9"));
    self->host->log(NULL, 1, nothing, nothing, nothing);
    self->host->complete(NULL, id, ZPNS_OK, nothing);
    const zpns_host_http *http = self->host->get_extension(self->host->ctx, text(ZPNS_HOST_HTTP));
    http->request(self->host->ctx, 1, NULL, self, http_done);
    http->request(NULL, 1, NULL, self, http_done);
    http->cancel(self->host->ctx, 12345);
    http->renew(self->host->ctx, 12345);
    zpns_sink no_sink = {NULL, NULL};
    if (http->open(self->host->ctx, text("{no json"), &no_sink)) abort();
    if (http->open(self->host->ctx, nothing, NULL)) abort();
    if (request(self, "no url", 1) == ZPNS_OK) abort();
    if (request(self, "https://a.example/", (size_t)1 << 40) == ZPNS_OK) abort();
    complete(self, id, ZPNS_OK, ACCEPTED);
  } else if (has(call->body, "\"title\":\"http\"")) {
    self->held[0] = id;
    if (request(self, "https://push.example/send", 1) != ZPNS_OK) return ZPNS_UNSUPPORTED;
  } else if (has(call->body, "\"title\":\"cancelled http\"")) {
    const zpns_host_http *http = self->host->get_extension(self->host->ctx, text(ZPNS_HOST_HTTP));
    self->held[0] = id;
    if (request(self, "https://push.example/never", 1) != ZPNS_OK) return ZPNS_UNSUPPORTED;
    if (request(self, "https://push.example/never", 1) == ZPNS_OK) abort(); /* the id is taken */
    http->cancel(self->host->ctx, 7);
    http->cancel(self->host->ctx, 7);
  } else if (has(call->body, "\"title\":\"timer\"")) {
    const zpns_host_timer *timer = self->host->get_extension(self->host->ctx, text(ZPNS_HOST_TIMER));
    if (timer->start(self->host->ctx, id, 1500000000, self, timer_done) != ZPNS_OK) return ZPNS_UNSUPPORTED;
    if (timer->start(self->host->ctx, id, 1, self, timer_done) == ZPNS_OK) abort();
  } else {
    complete(self, id, ZPNS_OK, ACCEPTED);
  }
  return ZPNS_OK;
}

static void on_cancel(void *pointer, uint64_t id) {
  instance *self = pointer;
  told(self, "cancel", 1);
  (void)id;
}

static zpns_status on_shutdown(void *pointer, uint64_t id, uint64_t grace_ms) {
  instance *self = pointer;
  told(self, "shutdown", (double)grace_ms);
  if (strcmp(self->gate, "never") == 0) return ZPNS_OK;
  complete(self, id, ZPNS_OK, "");
  return ZPNS_OK;
}

static void on_destroy(void *pointer) {
  instance *self = pointer;
  told(self, "destroy", 1);
  if (self->gate[0] == '/') {
    thread(after_destroy, self);
    return;
  }
  free(self);
}

static zpns_status on_create(zpns_slice json, const zpns_host_api *host, void **out, const zpns_sink *error) {
  if (has(json, "\"create\":\"refuses\"")) {
    const char *said = "{\"kind\":\"message_invalid\",\"message\":\"`key` hunter2-hunter2 is wrong\"}";
    error->put(error->ctx, text(said));
    error->put(error->ctx, text("{\"kind\":\"timeout\",\"message\":\"second word\"}"));
    return ZPNS_FAILED;
  }
  if (has(json, "\"create\":\"silent\"")) return ZPNS_PANICKED;
  instance *self = calloc(1, sizeof *self);
  self->host = host;
  const char *gate = "\"gate\":\"";
  for (size_t i = 0; i + strlen(gate) < json.len; i++) {
    if (memcmp(json.ptr + i, gate, strlen(gate)) != 0) continue;
    const uint8_t *from = json.ptr + i + strlen(gate);
    for (size_t n = 0; from[n] != '"' && n < sizeof self->gate - 16; n++) self->gate[n] = (char)from[n];
  }
  if (has(json, "\"create\":\"blocks\"")) wait_at_gate(self);
  *out = self;
  return ZPNS_OK;
}

static zpns_status on_describe(zpns_slice *out) {
#ifdef DESCRIBE_LENGTH
  *out = (zpns_slice){(const uint8_t *)DESCRIPTOR, (size_t)(DESCRIBE_LENGTH)};
#else
  *out = text(DESCRIPTOR);
#endif
  return ZPNS_OK;
}

__attribute__((unused)) static const zpns_plugin_api table = {
    SIZE, MAJOR, ZPNS_ABI_MINOR, on_describe, on_create, on_send, on_cancel, on_shutdown, on_destroy, NULL,
};

#ifdef EXTRA_SYMBOL
ZPNS_EXPORT int an_extra_symbol(void) { return 1; }
#endif

#ifndef NO_ENTRY
const zpns_plugin_api *zpns_plugin_v0(uint32_t host_abi_minor) {
  (void)host_abi_minor;
#ifdef TOO_NEW
  return NULL;
#else
  return &table;
#endif
}
#endif
