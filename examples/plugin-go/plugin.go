// A signed JSON webhook as a channel of zpns, in Go:
//
//	go build -buildmode=c-shared -o libwebhook.so .
//
// The server is that of examples/plugin-rust. At most one plugin in Go per process, and none in a host
// that is in Go itself: two Go runtimes in one process are not supported.
package main

/*
#cgo CFLAGS: -I${SRCDIR}/../../plugin-api/include
#include <stdlib.h>
#include "table.h"
*/
import "C"

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime/cgo"
	"strings"
	"unsafe"
)

// hook is one instance.
type hook struct {
	host *C.zpns_host_api
	http *C.zpns_host_http
	url  []byte
	key  []byte
}

// object is one JSON object.
type object = map[string]any

// verdicts says what a word of the server's means.
var verdicts = map[string]object{
	"ok":      {"outcome": "accepted"},
	"gone":    {"outcome": "rejected", "kind": "token_invalid", "token": object{"drop": object{}}, "reason": "the device is gone", "vendor": object{"code": "gone"}},
	"muted":   {"outcome": "rejected", "kind": "muted", "reason": "the server refused it", "vendor": object{"code": "muted"}},
	"refused": {"outcome": "rejected", "kind": "message_invalid", "reason": "the server refused it", "vendor": object{"code": "refused"}},
	"busy":    {"outcome": "failed", "kind": "unavailable", "retry": object{"mode": "backoff"}, "sent": "no", "message": "the server is busy", "vendor": object{"code": "busy"}},
}

// statuses says what a status other than 200 means for the whole batch.
var statuses = map[int]object{
	401: {"kind": "credential_invalid", "message": "the server answered 401", "sent": "no", "vendor": object{"code": "401", "http_status": 401}},
	429: {"kind": "rate_limited", "message": "the server answered 429", "retry": object{"mode": "backoff"}, "sent": "no"},
	503: {"kind": "unavailable", "message": "the server answered 503", "retry": object{"mode": "backoff"}, "sent": "no"},
}

// of copies what the host lends.
func of(slice C.zpns_slice) []byte {
	return C.GoBytes(unsafe.Pointer(slice.ptr), C.int(slice.len))
}

func (self *hook) complete(id C.uint64_t, status C.zpns_status, result any) {
	bytes, _ := json.Marshal(result)
	C.host_complete(self.host, id, status, unsafe.Pointer(&bytes[0]), C.size_t(len(bytes)))
}

//export goCreate
func goCreate(create C.zpns_slice, host *C.zpns_host_api, sink *C.zpns_sink) C.uintptr_t {
	var asked struct {
		Config struct{ URL, Secret string }
	}
	err := json.Unmarshal(of(create), &asked)
	self := &hook{host, C.host_http(host), []byte(asked.Config.URL), []byte(asked.Config.Secret)}
	if err == nil && self.http != nil && strings.HasPrefix(asked.Config.URL, "https://") && len(self.key) > 0 {
		return C.uintptr_t(cgo.NewHandle(self))
	}
	said, _ := json.Marshal(object{"kind": "message_invalid", "message": "`url` (https) and `secret` are needed"})
	C.sink_put(sink, unsafe.Pointer(&said[0]), C.size_t(len(said)))
	return 0
}

//export goSend
func goSend(instance C.uintptr_t, call *C.zpns_call) C.zpns_status {
	self := cgo.Handle(instance).Value().(*hook)
	mac := hmac.New(sha256.New, self.key)
	mac.Write(unsafe.Slice((*byte)(call.body.ptr), int(call.body.len)))
	signature := []byte("sha256=" + hex.EncodeToString(mac.Sum(nil)))
	url, signed := C.CBytes(self.url), C.CBytes(signature)
	defer C.free(url)
	defer C.free(signed)
	taken := C.host_post(self.host, self.http, call.call_id, call.timeout_ms,
		C.slice(url, C.size_t(len(self.url))), C.slice(signed, C.size_t(len(signature))), call.body, instance)
	if taken != C.ZPNS_OK {
		return C.ZPNS_CLOSED
	}
	return C.ZPNS_OK
}

//export goAnswered
func goAnswered(instance C.uintptr_t, id C.uint64_t, status C.zpns_status, response *C.zpns_http_response) {
	self := cgo.Handle(instance).Value().(*hook)
	switch status {
	case C.ZPNS_OK:
		report, err := read(int(response.status), of(response.body))
		if err != nil {
			self.complete(id, C.ZPNS_FAILED, err)
		} else {
			self.complete(id, C.ZPNS_OK, report)
		}
	case C.ZPNS_FAILED:
		var lost struct{ Sent, Message string }
		_ = json.Unmarshal(of(response.error_json), &lost)
		self.complete(id, C.ZPNS_FAILED, object{"kind": "unavailable", "message": lost.Message, "retry": object{"mode": "backoff"}, "sent": lost.Sent})
	default:
		self.complete(id, C.ZPNS_CANCELLED, object{})
	}
}

// read turns an answer into a report, or into an error for the whole batch.
func read(status int, body []byte) (report, failed object) {
	odd := object{"kind": "protocol", "message": fmt.Sprintf("the server answered %d, and nothing of ours", status), "sent": "maybe"}
	if known, ok := statuses[status]; ok {
		return nil, known
	}
	var answer struct{ Verdicts []string }
	if status != 200 || json.Unmarshal(body, &answer) != nil {
		return nil, odd
	}
	outcomes := []object{}
	for i, word := range answer.Verdicts {
		// One that is none of ours is left out: the host knows what that means.
		if verdict, ok := verdicts[word]; ok {
			outcome := object{"i": i}
			for key, value := range verdict {
				outcome[key] = value
			}
			outcomes = append(outcomes, outcome)
		}
	}
	return object{"outcomes": outcomes}, nil
}

//export goCancel
func goCancel(instance C.uintptr_t, id C.uint64_t) {
	self := cgo.Handle(instance).Value().(*hook)
	C.host_cancel(self.host, self.http, id)
}

//export goShutdown
func goShutdown(instance C.uintptr_t, id C.uint64_t, grace C.uint64_t) C.zpns_status {
	self := cgo.Handle(instance).Value().(*hook)
	return C.host_close(self.host, self.http, id, grace, instance)
}

//export goClosed
func goClosed(instance C.uintptr_t, id C.uint64_t) {
	self := cgo.Handle(instance).Value().(*hook)
	self.complete(id, C.ZPNS_OK, object{})
}

//export goDestroy
func goDestroy(instance C.uintptr_t) { cgo.Handle(instance).Delete() }

func main() {}
